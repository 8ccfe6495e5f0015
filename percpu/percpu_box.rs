// SPDX-License-Identifier: GPL-2.0

//! Allocated per-CPU variables.
//!
//! C header: [`include/linux/percpu.h`](srctree/include/linux/percpu.h)

use crate::{
    cpus::possible_cpus,
    place::Allocated,
    PerCpu,
    MAX_SIZE, //
};
use core::{
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    alloc::{
        AllocError,
        Flags, //
    },
    bindings,
    cpu::CpuId,
    page::PAGE_SIZE,
    prelude::*, //
};
use pin_init::Zeroable;

/// An allocated per-CPU variable: `alloc_percpu` in C, and `free_percpu` when dropped.
///
/// Dereferences to [`PerCpu`](crate::PerCpu). Dropping it drops the copy of every possible CPU and
/// frees the memory; it may be done in atomic context if dropping a `T` may.
///
/// `T` may be up to [`MAX_SIZE`] bytes large and aligned to up to a page, checked at compile time.
/// Nothing is allocated for a `T` of size zero.
///
/// ```ignore
/// let hits = PerCpuBox::new_with(|_cpu| Scalar::new(0u64), GFP_KERNEL)?;
/// hits.this_cpu_inc();
/// ```
pub struct PerCpuBox<T>(PerCpu<Allocated<T>>);

impl<T> PerCpuBox<T> {
    /// Allocates the variable with all bytes zero: `alloc_percpu_gfp` in C.
    ///
    /// Context as `flags` say: `GFP_KERNEL` may sleep, `GFP_ATOMIC` and `GFP_NOWAIT` do not. Fails
    /// when memory is short, and under `GFP_KERNEL` also when the task is about to be killed.
    #[inline]
    pub fn zeroed(flags: Flags) -> Result<Self, AllocError>
    where
        T: Zeroable,
    {
        let ptr = Self::alloc(flags)?;
        // SAFETY: The allocator zeroes, and a `T` may be all zero.
        Ok(unsafe { Self::from_raw(ptr) })
    }

    /// Allocates the variable and fills the copy of every possible CPU with what `init` returns
    /// for it, in ascending order.
    ///
    /// Context and errors as for [`zeroed`](Self::zeroed).
    #[inline]
    pub fn new_with(mut init: impl FnMut(CpuId) -> T, flags: Flags) -> Result<Self, AllocError> {
        let ptr = Self::alloc(flags)?;
        for cpu in possible_cpus() {
            // SAFETY: The copy of a possible CPU was just allocated and nobody else knows it.
            unsafe { crate::place::per_cpu_ptr(ptr.as_ptr(), cpu).write(init(cpu)) };
        }
        // SAFETY: The copy of every possible CPU was filled.
        Ok(unsafe { Self::from_raw(ptr) })
    }

    /// The allocation, all zero, or a dangling pointer for a `T` of size zero.
    // Inlined so that the kernel's own trace event names the caller.
    #[inline(always)]
    fn alloc(flags: Flags) -> Result<NonNull<T>, AllocError> {
        const {
            assert!(
                size_of::<T>() <= MAX_SIZE,
                "a per-CPU variable cannot be larger than 32 KiB"
            );
            assert!(
                align_of::<T>() <= PAGE_SIZE,
                "a per-CPU variable cannot be aligned to more than a page"
            );
        }
        if size_of::<T>() == 0 {
            return Ok(NonNull::dangling());
        }
        // SAFETY: `Flags` is a `u32` and nothing else; it keeps that to itself.
        let gfp = unsafe { core::mem::transmute::<Flags, u32>(flags) };
        // SAFETY: Size and alignment are within the allocator's limits.
        let ptr =
            unsafe { bindings::pcpu_alloc_noprof(size_of::<T>(), align_of::<T>(), false, gfp) };
        NonNull::new(ptr.cast()).ok_or(AllocError)
    }

    /// # Safety
    ///
    /// `ptr` is from `alloc`, and the copy of every possible CPU holds a valid `T`, which the
    /// result owns.
    #[inline(always)]
    unsafe fn from_raw(ptr: NonNull<T>) -> Self {
        // SAFETY: By the caller's promise; freed when the `PerCpu` is gone, in `drop`.
        Self(unsafe { PerCpu::from_place(Allocated::new(ptr)) })
    }
}

impl<T> Deref for PerCpuBox<T> {
    type Target = PerCpu<Allocated<T>>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> Drop for PerCpuBox<T> {
    fn drop(&mut self) {
        if core::mem::needs_drop::<T>() {
            for copy in possible_cpus().filter_map(|cpu| self.per_cpu_ptr(cpu)) {
                // SAFETY: The copy is valid, owned by `self`, and dropped once, here.
                unsafe { copy.drop_in_place() };
            }
        }
        if size_of::<T>() != 0 {
            // SAFETY: Allocated by `alloc`, and unused from here on.
            unsafe { bindings::free_percpu(self.as_ptr().cast()) };
        }
    }
}
