// SPDX-License-Identifier: GPL-2.0

//! `PercpuRef` and `PercpuArc`: nothing is released while anybody has a reference, and everything
//! is when nobody has.

use crate::{
    c::{
        self,
        Caller, //
    },
    check,
    Wrong, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Full,
        Relaxed, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
};
use percpu::{
    PercpuRef,
    PercpuRefInit,
    PercpuRefOps, //
};

/// Counts who is inside, and what it is told.
struct Gate {
    inside: Atomic<i64>,
    released: Atomic<i64>,
    confirmed: Atomic<i64>,
    /// Released with somebody inside.
    early: Atomic<i64>,
}

impl Gate {
    fn new() -> Self {
        let [inside, released, confirmed, early] = [0i64; 4].map(Atomic::new);
        Self {
            inside,
            released,
            confirmed,
            early,
        }
    }
}

impl PercpuRefOps for Gate {
    fn release(&self) {
        if self.inside.load(Relaxed) != 0 {
            self.early.fetch_add(1, Relaxed);
        }
        self.released.fetch_add(1, Full);
    }

    fn confirm_kill(&self) {
        self.confirmed.fetch_add(1, Full);
    }
}

/// Returns when all that the kernel has under way is done, and whoever brought a count to zero has
/// told of it: that is in one RCU read-side section, in which a task may be preempted.
fn settle() {
    // SAFETY: A task that may sleep.
    unsafe {
        bindings::rcu_barrier();
        bindings::synchronize_rcu();
    }
}

pub(crate) fn test() -> Result<(), Wrong> {
    for init in [PercpuRefInit::Percpu, PercpuRefInit::Atomic] {
        one_life(init)?;
    }
    let dead = PercpuRef::new(Gate::new(), PercpuRefInit::Dead, GFP_KERNEL)?;
    check!(dead.is_dying() && dead.is_zero());
    check!(dead.tryget().is_none() && dead.tryget_live().is_none());
    check!(dead.kill() == Err(ESRCH));
    dead.reinit()?;
    check!(dead.tryget().is_some());

    let (result, left) = c::allocations_left_by(|| -> Result<(), Wrong> {
        let gate = PercpuRef::new(Gate::new(), PercpuRefInit::Percpu, GFP_KERNEL)?;
        // Forgotten: it never comes to zero, and is dropped all the same.
        core::mem::forget(gate.tryget_live());
        Ok(())
    });
    result?;
    check!(left.is_none_or(|left| left == 0));

    storm()?;
    killed_by_many()?;
    reinit_by_many()?;
    #[cfg(CONFIG_64BIT)]
    arc::test()?;
    Ok(())
}

fn one_life(init: PercpuRefInit) -> Result<(), Wrong> {
    let gate = PercpuRef::new(Gate::new(), init, GFP_KERNEL)?;
    let told = |released, confirmed| {
        settle();
        gate.released.load(Acquire) == released && gate.confirmed.load(Acquire) == confirmed
    };
    check!(!gate.is_dying() && !gate.is_zero());
    check!(gate.reinit() == Err(EEXIST) && gate.resurrect() == Err(EEXIST));
    let first = gate.tryget_live();
    check!(first.is_some());
    let second = first.clone();
    drop(first);
    gate.switch_to_percpu();
    let third = gate.tryget();
    gate.switch_to_atomic();
    drop(third);
    gate.switch_to_atomic_sync();
    gate.switch_to_percpu();
    check!(told(0, 0));

    gate.kill_and_confirm()?;
    check!(gate.kill() == Err(ESRCH) && gate.kill_and_confirm() == Err(ESRCH));
    check!(gate.is_dying() && gate.tryget_live().is_none());
    let fourth = gate.tryget();
    check!(fourth.is_some());
    check!(told(0, 1));
    drop(second);
    check!(told(0, 1) && !gate.is_zero() && gate.reinit() == Err(EBUSY));
    gate.resurrect()?;
    check!(gate.tryget_live().is_some());
    drop(fourth);
    check!(told(0, 1));
    gate.kill()?;
    check!(told(1, 1) && gate.is_zero() && gate.tryget().is_none());
    gate.reinit()?;
    check!(gate.tryget_live().is_some() && told(1, 1));
    gate.kill()?;
    check!(told(2, 1));
    Ok(())
}

/// Tasks and interrupts come in and go out while it is killed and revived.
fn storm() -> Result<(), Wrong> {
    let gate = PercpuRef::new(Gate::new(), PercpuRefInit::Percpu, GFP_KERNEL)?;
    let [interrupts, entered, refused, kills] = [0i64; 4].map(Atomic::new);
    let mut wrong = None;
    c::stress(
        |caller| {
            for _ in 0..if caller == Caller::Task { 20 } else { 1 } {
                let Some(guard) = gate.tryget_live() else {
                    refused.fetch_add(1, Relaxed);
                    continue;
                };
                gate.inside.fetch_add(1, Full);
                drop(guard.clone());
                entered.fetch_add(1, Relaxed);
                gate.inside.fetch_add(-1, Full);
                drop(guard);
            }
            if caller != Caller::Task {
                interrupts.fetch_add(1, Relaxed);
            }
        },
        || {
            let round = kills.fetch_add(1, Relaxed) + 1;
            // Nothing divides 64 bits on 32.
            match round as u32 % 3 {
                0 => gate.switch_to_atomic_sync(),
                1 => gate.switch_to_percpu(),
                _ => (),
            }
            fsleep(Delta::from_micros(200));
            if gate.kill().is_err() {
                wrong = Some(round);
            }
            // They are short.
            while !gate.is_zero() {
                fsleep(Delta::from_micros(200));
            }
            settle();
            if gate.released.load(Acquire) != round || gate.inside.load(Acquire) != 0 {
                wrong = Some(round);
            }
            wrong.is_none()
                && gate.reinit().is_ok()
                && (interrupts.load(Relaxed) < 2000 || round < 20)
        },
    )?;
    pr_info!(
        "# percpu_ref: killed {} times, {} came in, {} were refused\n",
        kills.load(Relaxed) as usize,
        entered.load(Relaxed) as usize,
        refused.load(Relaxed) as usize
    );
    check!(wrong.is_none());
    check!(gate.early.load(Relaxed) == 0);
    check!(refused.load(Relaxed) > 0);
    Ok(())
}

/// Many kill it and revive it at once: each is told what came of it, and the kernel is told in turn.
fn killed_by_many() -> Result<(), Wrong> {
    let gate = PercpuRef::new(Gate::new(), PercpuRefInit::Percpu, GFP_KERNEL)?;
    let [kills, revivals, met, wrong] = [0i32; 4].map(Atomic::new);
    let count = |result: Result, done: &Atomic<i32>, already| match result {
        Ok(()) => done.fetch_add(1, Relaxed),
        Err(EBUSY) => met.fetch_add(1, Relaxed),
        Err(error) if error == already => 0,
        Err(_) => wrong.fetch_add(1, Relaxed),
    };
    c::stress(
        |caller| {
            if caller == Caller::Task {
                count(gate.kill(), &kills, ESRCH);
                count(gate.resurrect(), &revivals, EEXIST);
            }
        },
        || {
            fsleep(Delta::from_millis(1));
            kills.load(Relaxed) < 50 || met.load(Relaxed) == 0
        },
    )?;
    let dead = kills.load(Relaxed) - revivals.load(Relaxed);
    check!(wrong.load(Relaxed) == 0);
    check!(dead == i32::from(gate.is_dying()) && gate.tryget_live().is_none() == (dead == 1));
    settle();
    check!(gate.released.load(Acquire) <= i64::from(kills.load(Relaxed)));
    pr_info!(
        "# percpu_ref: killed {} times, while {} met\n",
        kills.load(Relaxed),
        met.load(Relaxed)
    );
    Ok(())
}

/// Many make it anew when nobody is inside; never while somebody is.
fn reinit_by_many() -> Result<(), Wrong> {
    let gate = PercpuRef::new(Gate::new(), PercpuRefInit::Percpu, GFP_KERNEL)?;
    let [mut killed, mut early] = [0; 2];
    c::stress(
        |caller| {
            if caller == Caller::Task {
                let _not_zero = gate.reinit();
            }
        },
        || {
            let Some(guard) = gate.tryget_live() else {
                fsleep(Delta::from_micros(50));
                return true;
            };
            // Whoever made it anew may not have returned yet.
            while gate.kill() == Err(EBUSY) {
                fsleep(Delta::from_micros(50));
            }
            killed += 1;
            fsleep(Delta::from_micros(500));
            early += i32::from(!gate.is_dying());
            drop(guard);
            killed < 50
        },
    )?;
    check!(early == 0);
    Ok(())
}

#[cfg(CONFIG_64BIT)]
mod arc {
    use super::*;
    use core::marker::PhantomPinned;
    use percpu::{
        Decimal,
        PercpuArc,
        PercpuArcOwner, //
    };

    static ALIVE: Atomic<i64> = Atomic::new(0);
    static DROPPED: Atomic<i64> = Atomic::new(0);

    struct Value(Atomic<u64>, PhantomPinned);

    const GOOD: u64 = 0x600d_600d_600d_600d;

    impl Value {
        fn new() -> Self {
            ALIVE.fetch_add(1, Full);
            Self(Atomic::new(GOOD), PhantomPinned)
        }

        fn is_good(&self) -> bool {
            self.0.load(Relaxed) == GOOD
        }
    }

    impl Drop for Value {
        fn drop(&mut self) {
            self.0.store(0, Relaxed);
            ALIVE.fetch_add(-1, Full);
            DROPPED.fetch_add(1, Full);
        }
    }

    /// A pointer moves, as for what is taken out of a lock, whatever it points at.
    fn moved<T: Unpin>(pointer: T) -> T {
        pointer
    }

    pub(super) fn test() -> Result<(), Wrong> {
        // The owner is the last.
        let owner = moved(PercpuArc::new(Value::new(), GFP_KERNEL)?);
        let user = moved(owner.get());
        let other = user.clone();
        check!(user.is_good() && other.is_good() && user.tryget_live().is_some());
        drop(user);
        drop(other);
        check!(ALIVE.load(Acquire) == 1);
        drop(owner);
        check!(ALIVE.load(Acquire) == 0);
        // The owner is the first.
        let owner = PercpuArc::new(Value::new(), GFP_KERNEL)?;
        let user = owner.get();
        drop(owner);
        check!(user.is_good() && user.tryget_live().is_none());
        let other = user.clone();
        drop(user);
        settle();
        check!(other.is_good() && ALIVE.load(Acquire) == 1);
        drop(other);
        check!(ALIVE.load(Acquire) == 0 && DROPPED.load(Acquire) == 2);
        storm()
    }

    /// Tasks and interrupts clone while the owner goes.
    fn storm() -> Result<(), Wrong> {
        let [interrupts, cloned, bad] = [0i64; 3].map(Atomic::new);
        let before = DROPPED.load(Acquire);
        for round in 1..=10 {
            let mut owner = Some(PercpuArc::new(Value::new(), GFP_KERNEL)?);
            let user = owner.as_ref().map(PercpuArcOwner::get);
            interrupts.store(0, Relaxed);
            c::stress(
                |caller| {
                    for _ in 0..if caller == Caller::Task { 20 } else { 1 } {
                        let mine = user.clone();
                        if !mine.is_some_and(|value| value.is_good()) {
                            bad.fetch_add(1, Relaxed);
                        }
                        cloned.fetch_add(1, Relaxed);
                    }
                    if caller != Caller::Task {
                        interrupts.fetch_add(1, Relaxed);
                    }
                },
                || {
                    let seen = interrupts.load(Relaxed);
                    if seen > 100 {
                        owner = None;
                    }
                    seen < 200
                },
            )?;
            check!(ALIVE.load(Acquire) == 1);
            drop(owner);
            check!(ALIVE.load(Acquire) == 1);
            drop(user);
            check!(ALIVE.load(Acquire) == 0 && DROPPED.load(Acquire) == before + round);
        }
        check!(bad.load(Relaxed) == 0);
        let cloned = Decimal(cloned.load(Relaxed));
        pr_info!("# percpu_ref: {cloned} pointers cloned\n");
        Ok(())
    }
}
