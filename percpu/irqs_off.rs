// SPDX-License-Identifier: GPL-2.0

//! Interrupts off.
//!
//! C header: [`include/linux/irqflags.h`](srctree/include/linux/irqflags.h)

use crate::pinned::Pinned;
use kernel::types::NotThreadSafe;

/// Interrupts are off on this CPU for as long as this can be borrowed.
///
/// It is lent to a closure and never given away, so that interrupts come back on in the reverse
/// order of going off.
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
/// `LocalInterruptDisabled`.
///
/// # Safety
///
/// As long as a value of the type can be borrowed, interrupts are off on its CPU.
pub unsafe trait IrqsDisabled: Pinned {}

// SAFETY: It is lent while interrupts are off.
unsafe impl IrqsDisabled for IrqsOff {}

/// Calls `f` with the proof that interrupts are off, if this is the handler of a hardware interrupt:
/// `in_hardirq` in C. `None` if it is not; on PREEMPT_RT most handlers are threads.
///
/// May be called in any context. `f` must do nothing that [`irqs_off`] forbids.
#[inline]
pub fn in_hardirq<R>(f: impl FnOnce(&IrqsOff) -> R) -> Option<R> {
    // SAFETY: May be called in any context.
    unsafe { percpu_abi::rust_percpu_in_hardirq() }.then(|| {
        // SAFETY: The kernel calls handlers with interrupts off, and they stay off: what safe code
        // turns off in here, it puts back as it was.
        f(&unsafe { IrqsOff::new() })
    })
}

/// Calls `f` with interrupts off on this CPU: `local_irq_save` and `local_irq_restore` in C, or
/// `local_interrupt_disable` and `local_interrupt_enable` where the kernel has them.
///
/// May be called in any context but an NMI. `f` must not sleep; on PREEMPT_RT that includes taking
/// a `SpinLock` and allocating memory with any flags. The compiler does not see to that, as with
/// `kernel::sync::rcu::Guard`: who sleeps may wake up on another CPU with a reference to the copy of
/// the first. Kernels with `CONFIG_DEBUG_ATOMIC_SLEEP` report it.
#[inline]
pub fn irqs_off<R>(f: impl FnOnce(&IrqsOff) -> R) -> R {
    let _off = off::local_interrupt_disable();
    // SAFETY: Interrupts are off until after the token is gone.
    f(&unsafe { IrqsOff::new() })
}

// The kernel counts how often interrupts were turned off, and so do we: `f` may drop a
// `LocalInterruptDisabled` that was made before, or return one that it made. With flags put back in
// the order of the calls, interrupts would be on too early.
#[cfg(percpu_kernel_interrupt)]
use kernel::interrupt as off;

/// Without a count in the kernel, no safe code turns interrupts off but `irqs_off`, whose calls
/// nest.
#[cfg(not(percpu_kernel_interrupt))]
mod off {
    use percpu_abi as abi;

    /// The flags to put back.
    pub(super) struct LocalInterruptDisabled(usize);

    #[inline]
    pub(super) fn local_interrupt_disable() -> LocalInterruptDisabled {
        // SAFETY: The flags are put back when the result is dropped.
        LocalInterruptDisabled(unsafe { abi::rust_percpu_irq_save() })
    }

    impl Drop for LocalInterruptDisabled {
        #[inline]
        fn drop(&mut self) {
            // SAFETY: The flags are those that the last call saved that is not undone: the value
            // does not leave `irqs_off`.
            unsafe { abi::rust_percpu_irq_restore(self.0) };
        }
    }
}
