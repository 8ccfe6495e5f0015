// SPDX-License-Identifier: GPL-2.0

//! Allocated per-CPU variables.
//!
//! C header: [`include/linux/percpu.h`](srctree/include/linux/percpu.h)

use crate::{
    cpus::possible_cpus,
    place::{
        self,
        Allocated, //
    },
    versions::raw_try_init,
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
/// frees the memory; it may be done in atomic context if dropping a `T` may, but on PREEMPT_RT only
/// where a `SpinLock` may be taken.
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
    /// Context as `flags` say: `GFP_KERNEL` may sleep, `GFP_ATOMIC` and `GFP_NOWAIT` do not, but on
    /// PREEMPT_RT they take a `SpinLock`. Fails when memory is short, and under `GFP_KERNEL` also
    /// when the task is about to be killed.
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
    /// for it, in ascending order. The value is moved there from the stack: for a large one take
    /// [`zeroed`](Self::zeroed) or [`pin_init`](Self::pin_init).
    ///
    /// Context and errors as for [`zeroed`](Self::zeroed).
    #[inline]
    pub fn new_with(mut init: impl FnMut(CpuId) -> T, flags: Flags) -> Result<Self, AllocError> {
        let ptr = Self::alloc(flags)?;
        for cpu in possible_cpus() {
            // SAFETY: The copy of a possible CPU was just allocated and nobody else knows it.
            unsafe { place::per_cpu_ptr(ptr.as_ptr(), cpu).write(init(cpu)) };
        }
        // SAFETY: The copy of every possible CPU was filled.
        Ok(unsafe { Self::from_raw(ptr) })
    }

    /// Allocates the variable and initialises the copy of every possible CPU in place by what
    /// `init` returns for it, in ascending order. For what must not move: locks, list heads, work
    /// items.
    ///
    /// When an initialiser fails, the copies already made are dropped, the memory is freed, and
    /// its error is returned. Context and other errors as for [`zeroed`](Self::zeroed).
    ///
    /// What `init` returns may be a value, a `Result` of one, or what `pin_init!` and the like make:
    ///
    /// ```ignore
    /// let lists: PerCpuBox<RefCell<KVec<u32>>> =
    ///     PerCpuBox::pin_init(|_cpu| KVec::with_capacity(8, GFP_KERNEL).map(RefCell::new), GFP_KERNEL)?;
    /// ```
    #[inline]
    pub fn pin_init<E, Init>(mut init: impl FnMut(CpuId) -> Init, flags: Flags) -> Result<Self>
    where
        Init: PinInit<T, E>,
        Error: From<E>,
    {
        // SAFETY: The initialiser is called as `pin_init_from_closure` promises, and fails as it
        // does.
        let init = |cpu| unsafe {
            let init = init(cpu);
            pin_init::pin_init_from_closure(move |slot| {
                raw_try_init(slot, init).map_err(Error::from)
            })
        };
        Self::try_pin_init(init, flags)
    }

    /// As [`pin_init`](Self::pin_init), for an error type of one's own.
    #[inline]
    pub fn try_pin_init<E, Init>(
        mut init: impl FnMut(CpuId) -> Init,
        flags: Flags,
    ) -> Result<Self, E>
    where
        Init: PinInit<T, E>,
        E: From<AllocError>,
    {
        let mut made = Made {
            ptr: Self::alloc(flags)?,
            copies: 0,
        };
        for cpu in possible_cpus() {
            let copy = place::per_cpu_ptr(made.ptr.as_ptr(), cpu);
            // SAFETY: The copy of a possible CPU was just allocated and nobody else knows it. It
            // does not move before it is dropped: no `PerCpuBox` gives away a `&mut T`.
            unsafe { raw_try_init(copy, init(cpu))? };
            made.copies += 1;
        }
        let ptr = made.ptr;
        core::mem::forget(made);
        // SAFETY: The copy of every possible CPU was initialised.
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
        drop(Made {
            // SAFETY: Not null: `from_raw` was given a `NonNull`.
            ptr: unsafe { NonNull::new_unchecked(self.as_ptr()) },
            copies: usize::MAX,
        });
    }
}

/// An allocation of which the first so many copies hold values. Dropping it drops them and frees
/// the memory.
struct Made<T> {
    ptr: NonNull<T>,
    copies: usize,
}

impl<T> Drop for Made<T> {
    fn drop(&mut self) {
        if core::mem::needs_drop::<T>() {
            for cpu in possible_cpus().take(self.copies) {
                // SAFETY: The copy holds a value, which is dropped here and nowhere else.
                unsafe { place::per_cpu_ptr(self.ptr.as_ptr(), cpu).drop_in_place() };
            }
        }
        if size_of::<T>() != 0 {
            // SAFETY: Allocated by `PerCpuBox::alloc`, and unused from here on.
            unsafe { bindings::free_percpu(self.ptr.as_ptr().cast()) };
        }
    }
}
