// SPDX-License-Identifier: GPL-2.0

//! Staying on a CPU.
//!
//! C headers: [`include/linux/smp.h`](srctree/include/linux/smp.h),
//! [`include/linux/preempt.h`](srctree/include/linux/preempt.h)

use kernel::{
    cpu::CpuId,
    types::NotThreadSafe, //
};
use percpu_abi as abi;

/// Preemption is off: the task stays on its CPU until the guard is dropped.
///
/// Guards nest and may be dropped in any order.
pub struct PreemptGuard {
    cpu: CpuId,
    _task: NotThreadSafe,
}

/// Turns preemption off and says on which CPU: `get_cpu` in C, whose `put_cpu` is dropping the
/// guard.
///
/// May be called in any context. Until the guard is dropped, the task must not sleep.
#[inline]
pub fn get_cpu() -> PreemptGuard {
    // SAFETY: Undone when the guard is dropped.
    unsafe { abi::rust_percpu_preempt_disable() };
    PreemptGuard {
        cpu: CpuId::current(),
        _task: NotThreadSafe,
    }
}

impl PreemptGuard {
    /// The CPU that the task stays on.
    #[inline]
    pub fn cpu(&self) -> CpuId {
        self.cpu
    }
}

impl Drop for PreemptGuard {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: Undoes what `get_cpu` did; the guard never left its task.
        unsafe { abi::rust_percpu_preempt_enable() };
    }
}
