// SPDX-License-Identifier: GPL-2.0

//! Every architecture: interrupts off around a plain read-modify-write.
//!
//! C header: [`include/asm-generic/percpu.h`](srctree/include/asm-generic/percpu.h)
//!
//! As in C, an update made by an NMI in the middle of one of these is lost.

use crate::{
    place::{
        Address, //
        Place,
    },
    scalar::ScalarType, //
};
use kernel::cpu::CpuId;
use percpu_abi as abi;

/// Nothing to generate: the implementation below serves static variables too.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_static_ops {
    ($place:ty, $storage:path) => {};
}

/// Replaces this CPU's copy by `f` of it, with interrupts off; returns the copy before and after.
///
/// # Safety
///
/// `place` holds an `I` that nothing but [`Place`] and volatile reads touch.
#[inline(always)]
unsafe fn update<I: ScalarType>(place: impl Address, f: impl FnOnce(u64) -> u64) -> (I, I) {
    // SAFETY: Interrupts may be turned off in any context; `flags` goes back below.
    let flags = unsafe { abi::rust_percpu_irq_save() };
    // SAFETY: Interrupts are off, so this stays the copy of the CPU that we run on.
    let ptr = unsafe { this_cpu_ptr(place) }.cast::<I>();
    // SAFETY: The caller says that `ptr` holds an `I`; interrupts are off, so no other update of
    // this CPU's copy happens in between, and other CPUs only read it. Volatile, as they may do so
    // at any time.
    let (old, new) = unsafe {
        let old = ptr.read_volatile();
        let new = I::from_bits(f(old.to_bits()));
        ptr.write_volatile(new);
        (old, new)
    };
    // SAFETY: `flags` are from the `rust_percpu_irq_save` above.
    unsafe { abi::rust_percpu_irq_restore(flags) };
    (old, new)
}

/// The address of this CPU's copy.
///
/// # Safety
///
/// The address is that of another CPU's copy as soon as the caller migrates.
#[inline(always)]
unsafe fn this_cpu_ptr<P: Address>(place: P) -> *mut P::Target {
    crate::place::per_cpu_ptr(place.as_ptr(), CpuId::current())
}

// SAFETY: Each operation is carried out with interrupts off on this CPU's copy of what `as_ptr()`
// points at.
unsafe impl<P: Address> Place for P {
    #[inline(always)]
    unsafe fn this_cpu_read<I: ScalarType>(self) -> I {
        // SAFETY: By the caller's promise.
        unsafe { update::<I>(self, |v| v) }.0
    }

    #[inline(always)]
    unsafe fn this_cpu_write<I: ScalarType>(self, v: I) {
        // SAFETY: By the caller's promise.
        unsafe { update::<I>(self, |_| v.to_bits()) };
    }

    #[inline(always)]
    unsafe fn this_cpu_add<I: ScalarType>(self, v: I) {
        // SAFETY: By the caller's promise.
        unsafe { self.this_cpu_add_return(v) };
    }

    #[inline(always)]
    unsafe fn this_cpu_and<I: ScalarType>(self, v: I) {
        // SAFETY: By the caller's promise.
        unsafe { update::<I>(self, |old| old & v.to_bits()) };
    }

    #[inline(always)]
    unsafe fn this_cpu_or<I: ScalarType>(self, v: I) {
        // SAFETY: By the caller's promise.
        unsafe { update::<I>(self, |old| old | v.to_bits()) };
    }

    #[inline(always)]
    unsafe fn this_cpu_inc<I: ScalarType>(self) {
        // SAFETY: By the caller's promise.
        unsafe { update::<I>(self, |old| old.wrapping_add(1)) };
    }

    #[inline(always)]
    unsafe fn this_cpu_dec<I: ScalarType>(self) {
        // SAFETY: By the caller's promise.
        unsafe { update::<I>(self, |old| old.wrapping_sub(1)) };
    }

    #[inline(always)]
    unsafe fn this_cpu_add_return<I: ScalarType>(self, v: I) -> I {
        // SAFETY: By the caller's promise.
        unsafe { update::<I>(self, |old| old.wrapping_add(v.to_bits())) }.1
    }

    #[inline(always)]
    unsafe fn this_cpu_cmpxchg<I: ScalarType>(self, old: I, new: I) -> I {
        let (old, new) = (old.to_bits(), new.to_bits());
        // SAFETY: By the caller's promise.
        unsafe { update::<I>(self, |now| if now == old { new } else { now }) }.0
    }
}
