// SPDX-License-Identifier: GPL-2.0

//! Preemption off.
//!
//! C headers: [`include/linux/smp.h`](srctree/include/linux/smp.h),
//! [`include/linux/preempt.h`](srctree/include/linux/preempt.h)

use crate::{
    arch,
    pinned::{
        Birthplace,
        Pinned, //
    },
};

/// Preemption is off on this CPU for as long as this can be borrowed.
#[derive(Debug)]
pub struct PreemptOff(Birthplace);

/// Calls `f` with preemption off: `get_cpu` and `put_cpu` in C, where the argument tells the CPU, or
/// `preempt_disable` and `preempt_enable`.
///
/// May be called in any context. `f` must not sleep; on PREEMPT_RT that includes taking a `SpinLock`
/// and allocating memory with any flags.
///
/// It takes a closure, as guards could be collected or forgotten: the kernel counts them in a few
/// bits, and next to those it counts interrupts.
#[doc(alias = "put_cpu")]
#[doc(alias = "preempt_disable")]
#[doc(alias = "preempt_enable")]
#[inline(always)]
pub fn get_cpu<R>(f: impl FnOnce(&PreemptOff) -> R) -> R {
    // SAFETY: Undone below.
    unsafe { arch::preempt_disable() };
    let off = PreemptOff(Birthplace::here());
    let result = f(&off);
    off.0.check();
    // SAFETY: Undoes what was done above, in the same task.
    unsafe { arch::preempt_enable() };
    result
}

// SAFETY: It is lent while preemption is off, and with it the scheduler that could move the task.
unsafe impl Pinned for PreemptOff {}
