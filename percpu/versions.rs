// SPDX-License-Identifier: GPL-2.0

//! Where releases of the kernel differ: `percpu.mk` looks at the kernel's source and sets the `cfg`s.
//!
//! Fields of the kernel that instructions depend on are in `percpu_abi/assumed.c`.

use core::borrow::Borrow;

/// Initialises what is at `slot`.
///
/// # Safety
///
/// As for `PinInit::__pinned_init`.
#[cfg(not(percpu_raw_try_init))]
#[inline(always)]
pub(crate) unsafe fn raw_try_init<T, E>(
    slot: *mut T,
    init: impl pin_init::PinInit<T, E>,
) -> Result<(), E> {
    // SAFETY: By the caller's promise.
    unsafe { init.__pinned_init(slot) }
}

// From Linux 7.3 on, a function.
#[cfg(percpu_raw_try_init)]
pub(crate) use pin_init::raw_try_init;

/// From Linux 7.3 on, the kernel crate's own token for interrupts being off. On kernels without preemption
/// it promises nothing.
#[cfg(all(percpu_kernel_interrupt, CONFIG_PREEMPTION))]
// SAFETY: By its invariant interrupts stay off while it exists, so nothing but an NMI gets the CPU.
unsafe impl crate::Pinned for kernel::interrupt::LocalInterruptDisabled {}
#[cfg(all(percpu_kernel_interrupt, CONFIG_PREEMPTION))]
// SAFETY: It is the token's invariant.
unsafe impl crate::IrqsDisabled for kernel::interrupt::LocalInterruptDisabled {}

/// A module parameter's value, of which `value()` is a reference before Linux 7.3, and then a copy.
pub fn parameter<T: Copy>(value: impl Borrow<T>) -> T {
    *value.borrow()
}
