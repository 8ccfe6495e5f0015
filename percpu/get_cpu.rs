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

/// Preemption is off on this CPU until the guard is dropped: `put_cpu` in C.
#[doc(alias = "put_cpu")]
#[doc(alias = "preempt_enable")]
#[derive(Debug)]
#[must_use = "preemption is on again at once"]
pub struct PreemptGuard(Birthplace);

/// Turns preemption off: `get_cpu` in C, where the guard tells the CPU, or `preempt_disable`.
///
/// May be called in any context. Until the guard is dropped, the task must not sleep; on
/// PREEMPT_RT that includes taking a `SpinLock`.
#[doc(alias = "preempt_disable")]
#[inline(always)]
pub fn get_cpu() -> PreemptGuard {
    // SAFETY: Undone when the guard is dropped.
    unsafe { arch::preempt_disable() };
    PreemptGuard(Birthplace::here())
}

// SAFETY: Preemption is off from the making of the guard to its end, and with it the scheduler that
// could move the task.
unsafe impl Pinned for PreemptGuard {}

impl Drop for PreemptGuard {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.check();
        // SAFETY: Undoes what `get_cpu` did; the guard never left its task.
        unsafe { arch::preempt_enable() };
    }
}
