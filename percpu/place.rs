// SPDX-License-Identifier: GPL-2.0

//! Where a per-CPU variable lives, and what a backend does there.
//!
//! The public side is [`PerCpu`](crate::PerCpu); nobody but the macros of this crate implements
//! these traits.

use crate::scalar::ScalarType;
use core::ptr::NonNull;
use kernel::{
    bindings,
    cpu::CpuId, //
};

/// A place that every possible CPU has a copy of.
///
/// # Safety
///
/// For every possible CPU, `as_ptr()` shifted by the CPU's offset is the address of a valid
/// `Target`, as long as a value of `Self` exists, and the copies are used through this crate only.
pub unsafe trait Address: Copy {
    /// What one copy holds.
    type Target;

    /// The C side's `__percpu` pointer: no address of anything until a CPU's offset is added.
    fn as_ptr(self) -> *mut Self::Target;
}

/// The operations on this CPU's copy, `this_cpu_*` in C.
///
/// Each is atomic against everything else that happens on the CPU, but not against other CPUs.
///
/// # Safety
///
/// An implementation acts on this CPU's copy of [`Address::as_ptr`], wherever the caller is
/// preempted, interrupted or migrated.
pub unsafe trait Place: Address {
    /// Reads the copy.
    ///
    /// # Safety
    ///
    /// For this and all others: the place holds an `I` that nothing but these operations and
    /// volatile reads touch.
    unsafe fn this_cpu_read<I: ScalarType>(self) -> I;

    /// Overwrites the copy.
    ///
    /// # Safety
    ///
    /// As for `this_cpu_read`.
    unsafe fn this_cpu_write<I: ScalarType>(self, v: I);

    /// Adds, wrapping around.
    ///
    /// # Safety
    ///
    /// As for `this_cpu_read`.
    unsafe fn this_cpu_add<I: ScalarType>(self, v: I);

    /// Keeps the bits of `v`.
    ///
    /// # Safety
    ///
    /// As for `this_cpu_read`.
    unsafe fn this_cpu_and<I: ScalarType>(self, v: I);

    /// Sets the bits of `v`.
    ///
    /// # Safety
    ///
    /// As for `this_cpu_read`.
    unsafe fn this_cpu_or<I: ScalarType>(self, v: I);

    /// Adds one, wrapping around.
    ///
    /// # Safety
    ///
    /// As for `this_cpu_read`.
    unsafe fn this_cpu_inc<I: ScalarType>(self);

    /// Subtracts one, wrapping around.
    ///
    /// # Safety
    ///
    /// As for `this_cpu_read`.
    unsafe fn this_cpu_dec<I: ScalarType>(self);

    /// Adds, wrapping around, and returns the sum.
    ///
    /// # Safety
    ///
    /// As for `this_cpu_read`.
    unsafe fn this_cpu_add_return<I: ScalarType>(self, v: I) -> I;

    /// Writes `new` if the copy equals `old`, and returns what the copy was.
    ///
    /// # Safety
    ///
    /// As for `this_cpu_read`.
    unsafe fn this_cpu_cmpxchg<I: ScalarType>(self, old: I, new: I) -> I;

    /// Writes `new` and returns what the copy was.
    ///
    /// # Safety
    ///
    /// As for `this_cpu_read`.
    #[inline(always)]
    unsafe fn this_cpu_xchg<I: ScalarType>(self, new: I) -> I {
        // SAFETY: The caller's promise is the one that is asked for.
        unsafe {
            let mut old = self.this_cpu_read::<I>();
            loop {
                let now = self.this_cpu_cmpxchg(old, new);
                if now.to_bits() == old.to_bits() {
                    return now;
                }
                old = now;
            }
        }
    }
}

/// What a [`PerCpuBox`](crate::PerCpuBox) points at.
pub struct Allocated<T>(NonNull<T>);

impl<T> Allocated<T> {
    /// # Safety
    ///
    /// `ptr` came from the per-CPU allocator, and its copies hold valid `T`s for as long as the
    /// returned value and its clones are used.
    pub(crate) const unsafe fn new(ptr: NonNull<T>) -> Self {
        Self(ptr)
    }
}

impl<T> Clone for Allocated<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Allocated<T> {}

// SAFETY: By the promise made to `new`.
unsafe impl<T> Address for Allocated<T> {
    type Target = T;

    #[inline(always)]
    fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }
}

/// The address of the copy of `cpu`: `per_cpu_ptr` in C.
///
/// Of no use for a CPU that is not possible: it has no copy, and its offset may be anything.
///
/// The copy is another object than `ptr` names, so the result takes the provenance that was exposed
/// when the kernel laid out the copies.
#[inline]
pub(crate) fn per_cpu_ptr<T>(ptr: *mut T, cpu: CpuId) -> *mut T {
    #[cfg(CONFIG_SMP)]
    // SAFETY: The table has an entry for every CPU number, and is constant after boot.
    let offset = unsafe { bindings::__per_cpu_offset[cpu.as_u32() as usize] };
    #[cfg(not(CONFIG_SMP))]
    let offset = 0;
    core::ptr::with_exposed_provenance_mut(ptr.expose_provenance().wrapping_add(offset))
}
