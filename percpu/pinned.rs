// SPDX-License-Identifier: GPL-2.0

//! Staying on a CPU: what a proof says.

use crate::{
    arch,
    cpus::PossibleCpu, //
};
#[cfg(CONFIG_DEBUG_PREEMPT)]
use kernel::cpu::CpuId;
use kernel::types::NotThreadSafe;

/// Proof that whoever holds it stays on its CPU.
///
/// | proof | made by | the CPU stays the same | no other task runs on it | no interrupt |
/// |---|---|---|---|---|
/// | [`MigrateOff`](crate::MigrateOff) | [`migrate_disable`](crate::migrate_disable) | yes | no | no |
/// | [`PreemptOff`](crate::PreemptOff) | [`get_cpu`](crate::get_cpu) | yes | yes | no |
/// | [`IrqsOff`](crate::IrqsOff) | [`irqs_off`](crate::irqs_off), and what calls a function on other CPUs | yes | yes | yes |
///
/// None of them is `Send` or `Sync`, and none is given away: each is lent to a closure. So they end in
/// the reverse order of their beginning. What is borrowed from one does not outlive it. The kernel crate's
/// `LocalInterruptDisabled`, from Linux 7.3 on, may end in any order.
///
/// # Safety
///
/// As long as a value of the type can be borrowed, its task does not change CPUs.
pub unsafe trait Pinned {
    /// The CPU: `smp_processor_id` in C.
    #[doc(alias = "smp_processor_id")]
    #[doc(alias = "raw_smp_processor_id")]
    #[inline]
    fn cpu(&self) -> PossibleCpu {
        // SAFETY: Code runs on possible CPUs alone.
        unsafe { PossibleCpu::new_unchecked(arch::raw_smp_processor_id()) }
    }

    /// Has the kernel look whether it is so, where it looks at C (`CONFIG_DEBUG_PREEMPT`).
    #[doc(hidden)]
    #[inline(always)]
    fn check(&self) {
        #[cfg(CONFIG_DEBUG_PREEMPT)]
        // SAFETY: May be called in any context; complains in the log if the task can be moved.
        unsafe {
            kernel::bindings::debug_smp_processor_id()
        };
    }
}

/// The CPU that a proof was made on, recorded where the kernel checks such things
/// (`CONFIG_DEBUG_PREEMPT`): one that ends on another CPU warns. `IrqsOff` has none. That happens if a task
/// sleeps where it must not.
#[derive(Debug)]
pub(crate) struct Birthplace {
    #[cfg(CONFIG_DEBUG_PREEMPT)]
    cpu: CpuId,
    _task: NotThreadSafe,
}

impl Birthplace {
    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self {
            #[cfg(CONFIG_DEBUG_PREEMPT)]
            cpu: arch::raw_smp_processor_id(),
            _task: NotThreadSafe,
        }
    }

    #[inline(always)]
    pub(crate) fn check(&self) {
        #[cfg(CONFIG_DEBUG_PREEMPT)]
        kernel::warn_on!(self.cpu != arch::raw_smp_processor_id());
    }
}
