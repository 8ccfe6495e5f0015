// SPDX-License-Identifier: GPL-2.0

//! Interrupts off.
//!
//! C header: [`include/linux/irqflags.h`](srctree/include/linux/irqflags.h)

use crate::pinned::Pinned;
use kernel::types::NotThreadSafe;

/// Interrupts are off on this CPU for as long as this can be borrowed.
///
/// It is only lent to a closure, so interrupts are turned on in the reverse order of being turned off.
#[derive(Debug)]
pub struct IrqsOff(NotThreadSafe);

impl IrqsOff {
    /// # Safety
    ///
    /// Interrupts stay off as long as the result exists.
    pub(crate) const unsafe fn new() -> Self {
        Self(NotThreadSafe)
    }
}

// SAFETY: With interrupts off nothing but an NMI gets the CPU, so the task cannot be moved.
unsafe impl Pinned for IrqsOff {}

/// Proof that interrupts are off on this CPU: [`IrqsOff`] and, from Linux 7.3 on, the kernel crate's
/// `LocalInterruptDisabled`, which promises it on preemptible kernels alone. A lock's guard proves nothing: on
/// PREEMPT_RT C's `spin_lock_irq` leaves interrupts on.
///
/// # Safety
///
/// As long as a value of the type can be borrowed, interrupts are off on its CPU.
pub unsafe trait IrqsDisabled: Pinned {}

// SAFETY: It is lent while interrupts are off.
unsafe impl IrqsDisabled for IrqsOff {}

/// Calls `f` with interrupts off on this CPU: `local_irq_save` and `local_irq_restore` in C, or
/// `local_interrupt_disable` and `local_interrupt_enable` where the kernel has them.
///
/// May be called in any context but an NMI. An interrupt handler calls it too: that interrupts are off
/// there already is nothing that safe code could prove.
///
/// `f` must not sleep; on PREEMPT_RT that includes taking a `SpinLock` and allocating memory with any
/// flags. The compiler cannot check this, as with `kernel::sync::rcu::Guard`. A task that sleeps may wake
/// up on another CPU with a reference to the copy of the first. What may sleep is not called even where
/// it would not: `Completion::wait_for_completion` turns interrupts on also if it need not wait. Kernels
/// with `CONFIG_DEBUG_ATOMIC_SLEEP` report both.
#[doc(alias = "local_irq_save")]
#[doc(alias = "local_irq_restore")]
#[inline]
pub fn irqs_off<R>(f: impl FnOnce(&IrqsOff) -> R) -> R {
    let _off = off::LocalInterruptDisabled::new();
    // SAFETY: Interrupts are off until after the token is gone.
    f(&unsafe { IrqsOff::new() })
}

/// Without a count in the kernel, no safe code turns interrupts off but `irqs_off`, whose calls
/// nest.
#[cfg(not(percpu_kernel_interrupt))]
mod off {
    use crate::arch::irqs;

    /// The flags to put back.
    pub(super) struct LocalInterruptDisabled(usize);

    impl LocalInterruptDisabled {
        #[inline(always)]
        pub(super) fn new() -> Self {
            // SAFETY: The flags are put back when the result is dropped.
            Self(unsafe { irqs::irq_save() })
        }
    }

    impl Drop for LocalInterruptDisabled {
        #[inline(always)]
        fn drop(&mut self) {
            // SAFETY: The flags are those that the last call saved that is not undone: the value
            // does not leave `irqs_off`.
            unsafe { irqs::irq_restore(self.0) };
        }
    }
}

// The kernel counts how often interrupts were turned off, and so do we: `f` may drop a
// `LocalInterruptDisabled` that was made before, or return one that it made. With flags put back in
// the order of the calls, interrupts would be on too early. It is the kernel's functions that count: if
// safe code makes more tokens than the count can hold, interrupts may stay off for good. (Spinlock guards
// that are forgotten may carry into it, and then nobody's token is good; see docs/soundness.md.) C's
// `local_interrupt_disable` turns them off on every kernel, though the kernel crate promises it for
// preemptible ones alone.
#[cfg(percpu_kernel_interrupt)]
mod off {
    use kernel::interrupt;

    pub(super) struct LocalInterruptDisabled {
        _token: interrupt::LocalInterruptDisabled,
    }

    impl LocalInterruptDisabled {
        #[inline(always)]
        pub(super) fn new() -> Self {
            Self {
                _token: interrupt::local_interrupt_disable(),
            }
        }
    }
}
