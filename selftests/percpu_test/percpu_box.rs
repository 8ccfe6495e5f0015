// SPDX-License-Identifier: GPL-2.0

//! Every value that a box is filled with is dropped once, and every allocation freed.

use crate::{
    c,
    check,
    Wrong, //
};
use core::ptr;
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};
use percpu::{
    possible_cpus,
    PerCpuBox,
    PossibleCpu, //
};

/// How often the value of each CPU was dropped.
type Log = PerCpuBox<Atomic<u32>>;

fn new_log() -> Result<Log, Wrong> {
    Ok(PerCpuBox::new_with(|_| Atomic::new(0), GFP_KERNEL)?)
}

/// Whether the values of the first `made` CPUs were dropped `times` times, and no others.
fn dropped(log: &Log, made: usize, times: u32) -> bool {
    log.iter()
        .enumerate()
        .all(|(i, (_, drops))| drops.load(Relaxed) == if i < made { times } else { 0 })
}

/// A box filled by an initialiser that may fail.
fn filled<T>(init: impl FnMut(PossibleCpu) -> Result<T>) -> Result<PerCpuBox<T>> {
    PerCpuBox::pin_init(init, GFP_KERNEL)
}

/// Says when it is dropped.
struct Value<'a> {
    log: &'a Log,
    cpu: PossibleCpu,
    _boxed: KBox<u32>,
}

impl<'a> Value<'a> {
    fn new(log: &'a Log, cpu: PossibleCpu) -> Result<Self> {
        Ok(Self {
            log,
            cpu,
            _boxed: KBox::new(cpu.as_u32(), GFP_KERNEL)?,
        })
    }
}

impl Drop for Value<'_> {
    fn drop(&mut self) {
        self.log.per_cpu_ptr(self.cpu).fetch_add(1, Relaxed);
    }
}

pub(crate) fn test() -> Result<(), Wrong> {
    let (result, left) = c::allocations_left_by(|| {
        new_with()?;
        pin_init()?;
        failing_initialiser()?;
        size_zero()
    });
    result?;
    check!(left.is_none_or(|left| left == 0));
    Ok(())
}

fn new_with() -> Result<(), Wrong> {
    let log = new_log()?;
    let all = possible_cpus().count();
    let values = PerCpuBox::new_with(|cpu| Value::new(&log, cpu).ok(), GFP_KERNEL)?;
    check!(dropped(&log, all, 0));
    drop(values);
    check!(dropped(&log, all, 1));
    Ok(())
}

fn pin_init() -> Result<(), Wrong> {
    let log = new_log()?;
    let all = possible_cpus().count();
    let values = filled(|cpu| Value::new(&log, cpu))?;
    check!(dropped(&log, all, 0));
    drop(values);
    check!(dropped(&log, all, 1));
    Ok(())
}

/// The initialiser fails on the k-th CPU, for every k.
fn failing_initialiser() -> Result<(), Wrong> {
    for (k, bad) in possible_cpus().enumerate() {
        let log = new_log()?;
        let mut asked = 0;
        let result = filled(|cpu| {
            asked += 1;
            if cpu == bad {
                Err(EDOM)
            } else {
                Value::new(&log, cpu)
            }
        });
        check!(matches!(result, Err(e) if e == EDOM));
        check!(asked == k + 1);
        check!(dropped(&log, k, 1));
    }
    Ok(())
}

/// Of which there is nothing to allocate, but as much to drop.
fn size_zero() -> Result<(), Wrong> {
    static MADE: Atomic<usize> = Atomic::new(0);
    static DROPPED: Atomic<usize> = Atomic::new(0);

    struct Nothing;

    impl Nothing {
        fn new(may: bool) -> Result<Self> {
            if !may {
                return Err(EDOM);
            }
            MADE.fetch_add(1, Relaxed);
            Ok(Self)
        }
    }

    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Relaxed);
        }
    }

    let all = possible_cpus().count();
    let nothing = filled(|_| Nothing::new(true))?;
    check!((MADE.load(Relaxed), DROPPED.load(Relaxed)) == (all, 0));
    drop(nothing);
    check!((MADE.load(Relaxed), DROPPED.load(Relaxed)) == (all, all));

    for (k, bad) in possible_cpus().enumerate() {
        MADE.store(0, Relaxed);
        DROPPED.store(0, Relaxed);
        let result = filled(|cpu| Nothing::new(cpu != bad));
        check!(matches!(result, Err(e) if e == EDOM));
        check!((MADE.load(Relaxed), DROPPED.load(Relaxed)) == (k, k));
    }

    for (_, nothing) in PerCpuBox::<()>::zeroed(GFP_KERNEL)?.iter() {
        check!(ptr::from_ref(nothing).is_aligned());
    }
    Ok(())
}
