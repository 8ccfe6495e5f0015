// SPDX-License-Identifier: GPL-2.0

//! Interrupts off.
//!
//! C header: [`include/linux/irqflags.h`](srctree/include/linux/irqflags.h)

use crate::pinned::Pinned;
use kernel::types::NotThreadSafe;
use percpu_abi as abi;

/// Interrupts are off on this CPU for as long as this can be borrowed.
///
/// It is lent to a closure and never given away, so that interrupts come back on in the reverse
/// order of going off.
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

#[cfg(percpu_kernel_interrupt)]
// SAFETY: The kernel crate's own token: interrupts stay off while it exists.
unsafe impl Pinned for kernel::interrupt::LocalInterruptDisabled {}

/// Calls `f` with interrupts off on this CPU: `local_irq_save` and `local_irq_restore` in C.
///
/// May be called in any context. `f` must not sleep.
#[inline]
pub fn irqs_off<R>(f: impl FnOnce(&IrqsOff) -> R) -> R {
    // SAFETY: The flags are put back below.
    let flags = unsafe { abi::rust_percpu_irq_save() };
    // SAFETY: Interrupts are off until after the token is gone.
    let result = f(&unsafe { IrqsOff::new() });
    // SAFETY: The flags are from above, and `f` has put back what it changed.
    unsafe { abi::rust_percpu_irq_restore(flags) };
    result
}
