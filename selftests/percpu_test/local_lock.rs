// SPDX-License-Identifier: GPL-2.0

//! `LocalLock`: nobody is lent what somebody has, whatever comes in between.

use crate::{
    c::{
        self,
        Caller, //
    },
    check,
    linger,
    Wrong, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
};
use percpu::{
    define_per_cpu,
    get_cpu,
    new_local_lock,
    possible_cpus,
    LocalLock,
    PerCpu,
    PerCpuBox,
    Pinned,
    Place,
    PreemptOff, //
};

const RT: bool = cfg!(CONFIG_PREEMPT_RT);
/// Elsewhere nobody knows whether preemption is off.
const COUNTED: bool = cfg!(CONFIG_PREEMPT_COUNT);

/// Two counts that only who has both to himself keeps equal.
struct Pair {
    first: u64,
    second: u64,
}

impl Pair {
    const NEW: Self = Self {
        first: 0,
        second: 0,
    };

    /// Counts, taking long; whether anybody else was seen.
    fn count(&mut self) -> bool {
        let alone = self.first == self.second;
        // SAFETY: Both are this `Pair`'s own. Volatile, as the compiler knows that nobody looks on.
        unsafe {
            (&raw mut self.first).write_volatile(self.first + 1);
            linger(100);
            (&raw mut self.second).write_volatile((&raw const self.second).read_volatile() + 1);
        }
        alone && self.first == self.second
    }
}

define_per_cpu! {
    static PAIR: LocalLock<Pair> = new_local_lock!(Pair::NEW);
    static OTHER: LocalLock<u32> = new_local_lock!(0);
    static SHARED: LocalLock<Pair> = new_local_lock!(Pair::NEW);
}

/// What asks for the lock again while a value of it is dropped.
struct Asks(bool);

static REFUSED: Atomic<u32> = Atomic::new(0);

/// What counts that it is dropped.
struct Counted;

static DROPPED: Atomic<u32> = Atomic::new(0);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Relaxed);
    }
}

define_per_cpu! {
    static ASKED: LocalLock<u32> = new_local_lock!(0);
}

impl Drop for Asks {
    fn drop(&mut self) {
        if self.0 && ASKED.local_trylock(|_| ()).is_none() {
            REFUSED.fetch_add(1, Relaxed);
        }
    }
}

pub(crate) fn test() -> Result<(), Wrong> {
    let boxed = PerCpuBox::new_with(|cpu| new_local_lock!(u64::from(cpu.as_u32())), GFP_KERNEL)?;

    // What it keeps off, and for how long.
    let off = || c::preemption_is_off() || c::migration_is_off();
    let refused =
        || OTHER.local_trylock(|_| ()).is_none() && OTHER.local_trylock_irqsave(|_| ()).is_none();
    check!(!off());
    OTHER.local_lock(|value| {
        *value += 1;
        check!(c::preemption_is_off() != RT || !COUNTED);
        check!(c::migration_is_off() || !RT);
        check!(refused());
        // Another lock.
        check!(boxed.local_lock(|_| (off() || !COUNTED) && refused()));
        check!(off() || !COUNTED);
        Ok(())
    })?;
    check!(!off());
    check!(OTHER.local_trylock(|_| refused()) == Some(true));
    check!(!off());

    // With interrupts off.
    check!(OTHER.local_lock_irqsave(|_| c::irqs_are_off() != RT && refused()));
    check!(!c::irqs_are_off());
    check!(OTHER.local_trylock_irqsave(|_| c::irqs_are_off()) == Some(!RT));
    check!(!c::irqs_are_off() && !off());

    // The kernel's lock names the task, which must not be freed before the lock.
    #[cfg(CONFIG_PREEMPT_RT)]
    {
        // SAFETY: This task's.
        let users = || unsafe { (*kernel::task::Task::current_raw()).usage.refs.counter };
        let before = users();
        check!(OTHER.local_lock(|_| users()) == before + 1);
        check!(OTHER.local_trylock(|_| users()) == Some(before + 1));
        check!(OTHER.local_lock_irqsave(|_| users()) == before + 1 && users() == before);
    }

    // Each CPU has its own.
    if !RT {
        let own = |cpu: &PreemptOff| boxed.local_lock(|own| *own) == cpu.cpu().as_u32().into();
        check!(get_cpu(own));
    }

    // A value's own `drop`, while it is lent.
    ASKED.local_lock_irqsave(|_| drop(Asks(true)));
    ASKED.local_lock(|_| drop(Asks(true)));
    drop(Asks(true));
    check!(REFUSED.load(Relaxed) == 2);

    // A value whose holder was killed is not dropped, others are.
    let counted = PerCpuBox::new_with(|_| new_local_lock!(Counted), GFP_KERNEL)?;
    counted.local_lock(|_| {
        // SAFETY: As the box's own `drop`, which does the same to this copy once more: by then it is not
        // held.
        unsafe { counted.raw_cpu_ptr().drop_in_place() }
    });
    check!(DROPPED.load(Relaxed) == 0);
    drop(counted);
    check!(DROPPED.load(Relaxed) as usize == possible_cpus().count());

    // In hard and soft interrupts.
    check!(c::in_timer(true, || OTHER.local_trylock(|_| ()).is_some()) == Some(!RT));
    check!(c::in_timer(true, || OTHER.local_trylock_irqsave(|_| ()).is_some()) == Some(!RT));
    check!(c::in_timer(false, || OTHER.local_trylock(|_| ()).is_some()) == Some(true));
    check!(!off());

    alone(&PAIR)?;
    let pairs = PerCpuBox::new_with(|_| new_local_lock!(Pair::NEW), GFP_KERNEL)?;
    alone(&*pairs)?;
    irqsave_alone()
}

/// Tasks, timers and IPIs lock the same copy: each has it to himself or is refused.
fn alone<P>(var: &PerCpu<P>) -> Result<(), Wrong>
where
    P: Place<Target = LocalLock<Pair>>,
{
    let [counted, refused, intruders, interrupts] = [0u64; 4].map(Atomic::new);
    c::stress(
        |caller| {
            let locked = if caller == Caller::Task {
                // Idle CPUs pull tasks from others, wherever these were preempted.
                if counted.load(Relaxed) % 16 == 0 {
                    fsleep(Delta::from_micros(20));
                }
                Some(var.local_lock(Pair::count))
            } else {
                interrupts.fetch_add(1, Relaxed);
                var.local_trylock(Pair::count)
            };
            match locked {
                Some(true) => counted.fetch_add(1, Relaxed),
                Some(false) => intruders.fetch_add(1, Relaxed),
                None => refused.fetch_add(1, Relaxed),
            };
        },
        || {
            let seen = interrupts.load(Relaxed);
            seen < 5000 || (refused.load(Relaxed) == 0 && seen < 500_000)
        },
    )?;
    pr_info!(
        "# local_lock: {} locked, {} refused\n",
        counted.load(Relaxed) as usize,
        refused.load(Relaxed) as usize
    );
    check!(intruders.load(Relaxed) == 0);
    // Interrupts did come while a task had it.
    check!(refused.load(Relaxed) > 0);
    check!(sum(var) == counted.load(Relaxed));
    Ok(())
}

/// With interrupts off in tasks, interrupts are never refused, but on PREEMPT_RT.
fn irqsave_alone() -> Result<(), Wrong> {
    let [counted, refused, intruders, interrupts] = [0u64; 4].map(Atomic::new);
    c::stress(
        |caller| {
            if caller != Caller::Task {
                interrupts.fetch_add(1, Relaxed);
            }
            let locked = if caller == Caller::Task {
                Some(SHARED.local_lock_irqsave(Pair::count))
            } else {
                SHARED.local_trylock_irqsave(Pair::count)
            };
            match locked {
                Some(true) => counted.fetch_add(1, Relaxed),
                Some(false) => intruders.fetch_add(1, Relaxed),
                None => refused.fetch_add(1, Relaxed),
            };
        },
        || interrupts.load(Relaxed) < 5000,
    )?;
    check!(intruders.load(Relaxed) == 0);
    check!((refused.load(Relaxed) > 0) == RT);
    check!(sum(&SHARED) == counted.load(Relaxed));
    Ok(())
}

/// What all copies counted, when nobody counts any more.
fn sum<P>(var: &PerCpu<P>) -> u64
where
    P: Place<Target = LocalLock<Pair>>,
{
    possible_cpus()
        .map(|cpu| {
            #[cfg(CONFIG_SMP)]
            // SAFETY: The table has an entry for every CPU number, and is constant after boot.
            let offset = unsafe { kernel::bindings::__per_cpu_offset[cpu.as_u32() as usize] };
            #[cfg(not(CONFIG_SMP))]
            let offset = 0 * cpu.as_u32();
            #[allow(clippy::unnecessary_cast)] // on 64 bits
            let copy = var.as_ptr().wrapping_byte_add(offset as usize);
            // SAFETY: The copy of a possible CPU, which nobody locks any more.
            unsafe { (*copy).get_mut().first }
        })
        .sum()
}
