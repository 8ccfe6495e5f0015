// SPDX-License-Identifier: GPL-2.0

//! Tasks that may move, timer interrupts and IPIs work on the same variables on every CPU, and
//! nothing gets lost.

use crate::{
    c::{
        self,
        Caller, //
    },
    check,
    value::Value,
    Wrong, //
};
use core::cell::Cell;
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    time::{
        Delta,
        Instant,
        Monotonic, //
    },
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    field,
    irqs_off,
    on_each_cpu,
    Bits,
    Integer,
    PerCpu,
    PerCpuBox,
    Place,
    Scalar, //
};

/// How many interrupts there are to be for each CPU, of the first four, unless time runs out.
const INTERRUPTS: u64 = 10_000;
const SECONDS: i64 = 6;
/// How many of them have to be timers, however long it takes.
const TICKS: u64 = 1000;

/// How many rounds a task plays in a row.
const ROUNDS: usize = 32;

/// Fields of different widths, close together.
struct Mixed {
    count: Scalar<i16>,
    token: Scalar<u8>,
    other: Scalar<u8>,
    flags: Scalar<u32>,
}

impl Mixed {
    const fn new() -> Self {
        Self {
            count: Scalar::new(0),
            token: Scalar::new(0),
            other: Scalar::new(0),
            flags: Scalar::new(0),
        }
    }
}

define_per_cpu! {
    static COUNT: Scalar<u64> = Scalar::new(0);
    static TOKEN: Scalar<u32> = Scalar::new(0);
    static FLAGS: Scalar<u8> = Scalar::new(0);
    static MIXED: Mixed = Mixed::new();
}

pub(crate) fn test() -> Result<(), Wrong> {
    let count = PerCpuBox::<Scalar<u32>>::zeroed(GFP_KERNEL)?;
    let token = PerCpuBox::<Scalar<i64>>::zeroed(GFP_KERNEL)?;
    let flags = PerCpuBox::<Scalar<u16>>::zeroed(GFP_KERNEL)?;
    let mixed = PerCpuBox::new_with(|_| Mixed::new(), GFP_KERNEL)?;
    let fields_of_static = (
        field!(MIXED, Mixed, count),
        field!(MIXED, Mixed, token),
        field!(MIXED, Mixed, other),
        field!(MIXED, Mixed, flags),
    );
    let fields_of_box = (
        field!(mixed, Mixed, count),
        field!(mixed, Mixed, token),
        field!(mixed, Mixed, other),
        field!(mixed, Mixed, flags),
    );
    let games: [(&str, &dyn Game); 14] = [
        ("static u64 count", &Count::new(&COUNT)),
        ("static u32 token", &Token::new(&TOKEN)),
        ("static u8 flags", &Flags::new(&FLAGS)?),
        ("box u32 count", &Count::new(&count)),
        ("box i64 token", &Token::new(&token)),
        ("box u16 flags", &Flags::new(&flags)?),
        ("static field i16 count", &Count::new(&fields_of_static.0)),
        ("static field u8 token", &Token::new(&fields_of_static.1)),
        ("static field u8 count", &Count::new(&fields_of_static.2)),
        ("static field u32 flags", &Flags::new(&fields_of_static.3)?),
        ("box field i16 count", &Count::new(&fields_of_box.0)),
        ("box field u8 token", &Token::new(&fields_of_box.1)),
        ("box field u8 count", &Count::new(&fields_of_box.2)),
        ("box field u32 flags", &Flags::new(&fields_of_box.3)?),
    ];
    let [rounds, ticks, ipis] = [0u64; 3].map(Atomic::new);
    let cpus = cpus_read_lock(|cpus| cpus.online_cpus().count()) as u64;

    let play = |caller| {
        let (count, by) = match caller {
            Caller::Task => (&rounds, ROUNDS as u64),
            Caller::Tick => (&ticks, 1),
            Caller::Ipi => (&ipis, 1),
        };
        for (_, game) in &games {
            if caller == Caller::Task {
                game.task();
            } else {
                game.interrupt();
            }
        }
        count.fetch_add(by, Relaxed);
    };
    let mut taken = 0;
    let start = Instant::<Monotonic>::now();
    c::stress(play, || {
        let seen = ticks.load(Relaxed) + ipis.load(Relaxed);
        // All CPUs at once, now and then.
        if taken != seen >> 10 {
            taken = seen >> 10;
            on_each_cpu(|_| play(Caller::Ipi));
            games[taken as usize % games.len()].1.take();
        }
        let enough =
            seen >= INTERRUPTS * cpus.min(4) || start.elapsed() > Delta::from_secs(SECONDS);
        !enough || ticks.load(Relaxed) < TICKS
    })?;

    pr_info!(
        "# {} rounds in tasks, {} timer interrupts, {} IPIs\n",
        percpu::Decimal(rounds.load(Relaxed)),
        percpu::Decimal(ticks.load(Relaxed)),
        percpu::Decimal(ipis.load(Relaxed)),
    );
    let mut right = true;
    for (name, game) in &games {
        if !game.is_settled() {
            pr_info!("# {name}: something is lost\n");
            right = false;
        }
    }
    check!(right);
    Ok(())
}

/// What is played with a variable by everybody at once.
trait Game: Sync {
    /// One move, in an interrupt.
    fn interrupt(&self);

    /// Some moves, in a task.
    fn task(&self);

    /// Takes away what is there, meanwhile.
    fn take(&self) {}

    /// Whether all that came in is there or was taken out. Asked when nobody plays any more.
    fn is_settled(&self) -> bool;
}

/// All operations that count.
struct Count<'a, P: Place> {
    var: &'a PerCpu<P>,
    rounds: Atomic<u64>,
    taken: Atomic<u64>,
}

impl<'a, P: Place> Count<'a, P> {
    fn new(var: &'a PerCpu<P>) -> Self {
        Self {
            var,
            rounds: Atomic::new(0),
            taken: Atomic::new(0),
        }
    }
}

impl<P, I> Count<'_, P>
where
    P: Place<Target = Scalar<I>>,
    I: Value + Integer + Sync,
{
    /// What a round adds, operation by operation.
    #[allow(clippy::eq_op, clippy::identity_op)]
    const GAIN: u64 = 1 - 1 + 20 - 3 + 40 - 5 + 1 - 1 + 1 + 1;

    #[inline(always)]
    fn round(&self) {
        let var = self.var;
        var.this_cpu_inc();
        var.this_cpu_dec();
        var.this_cpu_add(I::from_u64(20));
        var.this_cpu_sub(I::from_u64(3));
        var.this_cpu_add_return(I::from_u64(40));
        var.this_cpu_sub_return(I::from_u64(5));
        var.this_cpu_inc_return();
        var.this_cpu_dec_return();
        loop {
            let old = var.this_cpu_read();
            let new = I::from_u64(old.to_u64().wrapping_add(1));
            if var.this_cpu_cmpxchg(old, new).to_u64() == old.to_u64() {
                break;
            }
        }
        let mut old = var.this_cpu_read();
        loop {
            let new = I::from_u64(old.to_u64().wrapping_add(1));
            if var.this_cpu_try_cmpxchg(&mut old, new) {
                break;
            }
        }
    }
}

impl<P, I> Game for Count<'_, P>
where
    P: Place<Target = Scalar<I>>,
    I: Value + Integer + Sync,
{
    fn interrupt(&self) {
        self.round();
        self.rounds.fetch_add(1, Relaxed);
    }

    fn task(&self) {
        for _ in 0..ROUNDS {
            self.round();
        }
        self.rounds.fetch_add(ROUNDS as u64, Relaxed);
    }

    fn take(&self) {
        let taken = cpus_read_lock(|cpus| self.var.drain(cpus));
        self.taken.fetch_add(taken.to_u64(), Relaxed);
    }

    fn is_settled(&self) -> bool {
        let left = self.var.sum().to_u64();
        let came = self.rounds.load(Relaxed).wrapping_mul(Self::GAIN);
        let known = self.taken.load(Relaxed).wrapping_add(left);
        I::from_u64(came).to_u64() == I::from_u64(known).to_u64()
    }
}

/// Tokens, each a number of its own, that are exchanged for one another.
struct Token<'a, P: Place> {
    var: &'a PerCpu<P>,
    next: Atomic<u64>,
    given: Atomic<u64>,
    taken: Atomic<u64>,
}

impl<'a, P: Place> Token<'a, P> {
    fn new(var: &'a PerCpu<P>) -> Self {
        Self {
            var,
            next: Atomic::new(1),
            given: Atomic::new(0),
            taken: Atomic::new(0),
        }
    }
}

impl<P, I> Token<'_, P>
where
    P: Place<Target = Scalar<I>>,
    I: Value + Integer + Sync,
{
    /// Brings a new token, exchanges so many times, and takes away the last.
    fn exchange(&self, times: usize) {
        let mut hand = self.next.fetch_add(1, Relaxed);
        self.given.fetch_add(hand, Relaxed);
        for _ in 0..times {
            hand = self.var.this_cpu_xchg(I::from_u64(hand)).to_u64();
        }
        self.taken.fetch_add(hand, Relaxed);
    }
}

impl<P, I> Game for Token<'_, P>
where
    P: Place<Target = Scalar<I>>,
    I: Value + Integer + Sync,
{
    fn interrupt(&self) {
        self.exchange(1);
    }

    fn task(&self) {
        self.exchange(ROUNDS);
    }

    fn take(&self) {
        let taken = cpus_read_lock(|cpus| self.var.drain(cpus));
        self.taken.fetch_add(taken.to_u64(), Relaxed);
    }

    fn is_settled(&self) -> bool {
        let left = self.var.sum().to_u64();
        let known = self.taken.load(Relaxed).wrapping_add(left);
        I::from_u64(self.given.load(Relaxed)).to_u64() == I::from_u64(known).to_u64()
    }
}

/// Bits of tasks and bits of interrupts, set and cleared by each.
struct Flags<'a, P: Place> {
    var: &'a PerCpu<P>,
    /// Whether the interrupts of a CPU left their bits set.
    set: PerCpuBox<Cell<bool>>,
    /// How often they were found otherwise.
    lost: Atomic<u64>,
}

const OF_INTERRUPTS: u64 = 0x5555_5555_5555_5555;

impl<'a, P, I> Flags<'a, P>
where
    P: Place<Target = Scalar<I>>,
    I: Value + Bits,
{
    fn new(var: &'a PerCpu<P>) -> Result<Self> {
        Ok(Self {
            var,
            set: PerCpuBox::new_with(|_| Cell::new(false), GFP_KERNEL)?,
            lost: Atomic::new(0),
        })
    }
}

impl<P, I> Game for Flags<'_, P>
where
    P: Place<Target = Scalar<I>>,
    I: Value + Bits,
{
    fn interrupt(&self) {
        irqs_off(|irqs| {
            let set = self.set.this_cpu_local(irqs);
            let expected = if set.get() { OF_INTERRUPTS } else { 0 };
            let found = self.var.this_cpu_read().to_u64() & OF_INTERRUPTS;
            if found != I::from_u64(expected).to_u64() & OF_INTERRUPTS {
                self.lost.fetch_add(1, Relaxed);
            }
            if set.replace(!set.get()) {
                self.var.this_cpu_and(I::from_u64(!OF_INTERRUPTS));
            } else {
                self.var.this_cpu_or(I::from_u64(OF_INTERRUPTS));
            }
        });
    }

    fn task(&self) {
        for _ in 0..ROUNDS {
            self.var.this_cpu_or(I::from_u64(!OF_INTERRUPTS));
            self.var.this_cpu_and(I::from_u64(OF_INTERRUPTS));
        }
    }

    fn is_settled(&self) -> bool {
        // One more look, on each CPU.
        on_each_cpu(|_| self.interrupt());
        self.lost.load(Relaxed) == 0
    }
}
