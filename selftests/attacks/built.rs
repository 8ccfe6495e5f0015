// SPDX-License-Identifier: GPL-2.0

//! What is built on per-CPU variables counts along.

use kernel::{
    bindings,
    fmt,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc, //
    },
    time::{
        delay::fsleep,
        Delta, //
    }, //
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    new_local_lock,
    smp_call_on_cpu,
    u64_stats,
    CpuHotplug,
    Cpuhp,
    DeadCpu,
    Decimal,
    LocalLock,
    PercpuCounter,
    PercpuCounterBox,
    PercpuRef,
    PercpuRefInit,
    PercpuRefOps,
    Scalar,
    U64Stats, //
};

u64_stats! {
    struct Traffic {
        packets: u64,
        bytes: u64,
    }
}

/// Of a packet.
const BYTES: u64 = 0x9000_0001;

define_per_cpu! {
    static LENT: LocalLock<u64> = new_local_lock!(0);
    static TRAFFIC: U64Stats<Traffic> = U64Stats::new();
    static INSIDE: Scalar<u64> = Scalar::new(0);
}

/// Who counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    Task,
    HardInterrupt,
}

pub(crate) struct Built {
    counter: PercpuCounterBox,
    users: PercpuRef<Users>,
    kills: Atomic<u64>,
    /// Increments that were refused, of the lock and of the reference.
    refused: [Atomic<u64>; 2],
    /// Readings in which bytes did not fit packets.
    torn: Atomic<u64>,
    /// What dead CPUs had counted.
    retired: Arc<Atomic<u64>>,
    _hotplug: Cpuhp<Retire>,
}

/// Is told when nobody is inside any more.
struct Users {
    released: Atomic<u64>,
    early: Atomic<u64>,
}

impl PercpuRefOps for Users {
    fn release(&self) {
        if INSIDE.sum() != 0 {
            self.early.fetch_add(1, Relaxed);
        }
        self.released.fetch_add(1, Full);
    }
}

/// Takes over what a dead CPU counted.
struct Retire(Arc<Atomic<u64>>);

impl CpuHotplug for Retire {
    fn dead(&self, dead: &DeadCpu) {
        LENT.dead_cpu_trylock(dead, |count| self.0.fetch_add(core::mem::take(count), Full));
    }
}

impl Built {
    pub(crate) fn new() -> Result<Self> {
        let retired = Arc::new(Atomic::new(0), GFP_KERNEL)?;
        let users = Users {
            released: Atomic::new(0),
            early: Atomic::new(0),
        };
        Ok(Self {
            counter: PercpuCounter::new(0, GFP_KERNEL)?,
            users: PercpuRef::new(users, PercpuRefInit::Percpu, GFP_KERNEL)?,
            kills: Atomic::new(0),
            refused: [Atomic::new(0), Atomic::new(0)],
            torn: Atomic::new(0),
            _hotplug: Cpuhp::new(c"attacks:dead", Retire(retired.clone()))?,
            retired,
        })
    }

    /// Once by each.
    pub(crate) fn count(&self, caller: Caller) {
        let increment = |count: &mut u64| *count = count.wrapping_add(1);
        // Not for hard interrupts, as lockdep says on any kernel.
        if caller == Caller::Task {
            LENT.local_lock_irqsave(increment);
        } else if LENT.local_trylock_irqsave(increment).is_none() {
            self.refused[0].fetch_add(1, Relaxed);
        }
        TRAFFIC.u64_stats_add((Traffic::packets(1), Traffic::bytes(BYTES)));
        self.counter.inc();
        match self.users.tryget_live() {
            Some(guard) => {
                INSIDE.this_cpu_inc();
                drop(guard.clone());
                INSIDE.this_cpu_dec();
                drop(guard);
            }
            None => {
                self.refused[1].fetch_add(1, Relaxed);
            }
        }
    }

    /// Lets nobody in until all are out.
    pub(crate) fn kill(&self) {
        if self.users.kill().is_err() {
            return;
        }
        while !self.users.is_zero() {
            fsleep(Delta::from_micros(100));
        }
        // Whoever brought it to zero tells of it inside of RCU.
        // SAFETY: A task that may sleep.
        unsafe { bindings::synchronize_rcu() };
        self.kills.fetch_add(1, Full);
        let _ = self.users.reinit();
    }

    fn lent(&self) -> u64 {
        let retired = self.retired.load(Relaxed);
        let on = |cpu| smp_call_on_cpu(cpu, || LENT.local_lock_irqsave(|count| *count));
        cpus_read_lock(|cpus| {
            cpus.online_cpus()
                .map(|cpu| on(cpu).unwrap_or(0))
                .fold(retired, u64::wrapping_add)
        })
    }

    pub(crate) fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let traffic = TRAFFIC.u64_stats_sum();
        if traffic.bytes != traffic.packets.wrapping_mul(BYTES) {
            self.torn.fetch_add(1, Relaxed);
        }
        let refused = self.refused[0].load(Relaxed);
        for (name, number) in [
            ("lent_taken", refused),
            ("lent_sum", self.lent()),
            ("packets_taken", 0),
            ("packets_sum", traffic.packets),
            ("counter_taken", 0),
            ("counter_sum", self.counter.sum() as u64),
            // On PREEMPT_RT hard interrupts always are.
            ("refused", if cfg!(CONFIG_PREEMPT_RT) { 0 } else { refused }),
            ("torn", self.torn.load(Relaxed)),
            ("kills", self.kills.load(Relaxed)),
            ("released", self.users.released.load(Relaxed)),
            ("released_early", self.users.early.load(Relaxed)),
            ("not_let_in", self.refused[1].load(Relaxed)),
        ] {
            writeln!(f, "{name} {}", Decimal(number))?;
        }
        Ok(())
    }
}
