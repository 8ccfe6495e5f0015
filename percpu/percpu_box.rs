// SPDX-License-Identifier: GPL-2.0

//! Allocated per-CPU variables.
//!
//! C header: [`include/linux/percpu.h`](srctree/include/linux/percpu.h)

use crate::{
    cpus::{
        possible_cpus,
        Cpus,
        PossibleCpu, //
    },
    place::{
        self,
        Allocated, //
    },
    versions::raw_try_init,
    PerCpu,
    PerCpuRef,
    MAX_SIZE, //
};
use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    alloc::{
        AllocError,
        Flags, //
    },
    bindings,
    fmt,
    page::PAGE_SIZE,
    prelude::*,
    types::ForeignOwnable, //
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
/// ```
/// let hits = PerCpuBox::new_with(|_cpu| Scalar::new(0u64), GFP_KERNEL)?;
/// hits.this_cpu_inc();
/// # assert_eq!(hits.sum(), 1);
/// ```
#[doc(alias = "alloc_percpu")]
#[doc(alias = "free_percpu")]
pub struct PerCpuBox<T>(PerCpu<Allocated<T>>);

impl<T> PerCpuBox<T> {
    /// Allocates the variable with all bytes zero: `alloc_percpu_gfp` in C.
    ///
    /// The context is that of `flags`: `GFP_KERNEL` may sleep; `GFP_ATOMIC` and `GFP_NOWAIT` do not, but on
    /// PREEMPT_RT they take a `SpinLock`.
    ///
    /// # Errors
    ///
    /// `AllocError`, which is `ENOMEM`, if memory is short and, with `GFP_KERNEL`, if the task is about to
    /// be killed.
    #[doc(alias = "alloc_percpu_gfp")]
    #[doc(alias = "__alloc_percpu")]
    #[doc(alias = "__alloc_percpu_gfp")]
    #[inline]
    pub fn zeroed(flags: Flags) -> Result<Self, AllocError>
    where
        T: Zeroable,
    {
        let ptr = Self::alloc(flags)?;
        // SAFETY: The allocator zeroes, and a `T` may be all zero.
        Ok(unsafe { Self::from_ptr(ptr) })
    }

    /// Allocates the variable and fills the copy of every possible CPU with what `init` returns
    /// for it, in ascending order. Each value is moved there from the stack; for large ones use
    /// [`zeroed`](Self::zeroed) or [`pin_init`](Self::pin_init).
    ///
    /// Context and errors as for [`zeroed`](Self::zeroed).
    #[inline]
    pub fn new_with(
        mut init: impl FnMut(PossibleCpu) -> T,
        flags: Flags,
    ) -> Result<Self, AllocError> {
        let ptr = Self::alloc(flags)?;
        for cpu in possible_cpus() {
            // SAFETY: The copy of a possible CPU was just allocated and nobody else knows it.
            unsafe { place::per_cpu_ptr(ptr.as_ptr(), cpu.into()).write(init(cpu)) };
        }
        // SAFETY: The copy of every possible CPU was filled.
        Ok(unsafe { Self::from_ptr(ptr) })
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
    /// ```
    /// # use core::cell::RefCell;
    /// let lists: PerCpuBox<RefCell<KVec<u32>>> =
    ///     PerCpuBox::pin_init(|_cpu| KVec::with_capacity(8, GFP_KERNEL).map(RefCell::new), GFP_KERNEL)?;
    /// ```
    #[inline]
    pub fn pin_init<E, Init>(
        mut init: impl FnMut(PossibleCpu) -> Init,
        flags: Flags,
    ) -> Result<Self>
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
        mut init: impl FnMut(PossibleCpu) -> Init,
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
            let copy = place::per_cpu_ptr(made.ptr.as_ptr(), cpu.into());
            // SAFETY: The copy of a possible CPU was just allocated and nobody else knows it. It
            // does not move before it is dropped: no `PerCpuBox` gives away a `&mut T`.
            unsafe { raw_try_init(copy, init(cpu))? };
            made.copies += 1;
        }
        let ptr = made.ptr;
        core::mem::forget(made);
        // SAFETY: The copy of every possible CPU was initialised.
        Ok(unsafe { Self::from_ptr(ptr) })
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
    unsafe fn from_ptr(ptr: NonNull<T>) -> Self {
        // SAFETY: By the caller's promise; freed when the `PerCpu` is gone, in `drop`.
        Self(unsafe { PerCpu::from_place(Allocated::new(ptr)) })
    }

    /// Gives the variable away, as a `T __percpu *` of C. [`from_raw`](Self::from_raw) takes it back;
    /// `free_percpu` would free it without dropping anything. May be called in any context.
    #[inline]
    pub fn into_raw(self) -> NonNull<T> {
        // SAFETY: Not null: `from_ptr` was given a `NonNull`.
        unsafe { NonNull::new_unchecked(ManuallyDrop::new(self).as_ptr()) }
    }

    /// Takes back what [`into_raw`](Self::into_raw) gave away.
    ///
    /// # Safety
    ///
    /// `ptr` is from `into_raw`, once for each time, and nobody else uses it any more.
    #[inline]
    pub unsafe fn from_raw(ptr: NonNull<T>) -> Self {
        // SAFETY: By the caller's promise.
        unsafe { Self::from_ptr(ptr) }
    }

    /// The copy of `cpu`, for whoever owns the variable exclusively, of any type.
    ///
    /// May be called in any context.
    #[inline]
    pub fn get_mut(&mut self, cpu: PossibleCpu) -> Pin<&mut T> {
        // SAFETY: A possible CPU's copy is valid as long as `self`, which is borrowed exclusively, and
        // so are all references to copies, which borrow it. It is not moved before it is dropped.
        unsafe { Pin::new_unchecked(&mut *place::per_cpu_ptr(self.as_ptr(), cpu.into())) }
    }

    /// Every possible CPU with its copy, in ascending order, for whoever owns the variable
    /// exclusively, of any type.
    ///
    /// May be called in any context.
    #[inline]
    pub fn iter_mut(&mut self) -> IterMut<'_, T> {
        IterMut {
            ptr: self.as_ptr(),
            cpus: possible_cpus(),
            _owner: PhantomData,
        }
    }
}

/// Every possible CPU with its copy of a variable, made by [`PerCpuBox::iter_mut`].
#[must_use]
pub struct IterMut<'a, T> {
    ptr: *mut T,
    cpus: Cpus<'static>,
    _owner: PhantomData<&'a mut PerCpuBox<T>>,
}

impl<'a, T> Iterator for IterMut<'a, T> {
    type Item = (PossibleCpu, Pin<&'a mut T>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let cpu = self.cpus.next()?;
        // SAFETY: As in `PerCpuBox::get_mut`, and each CPU comes once.
        let copy = unsafe { Pin::new_unchecked(&mut *place::per_cpu_ptr(self.ptr, cpu.into())) };
        Some((cpu, copy))
    }
}

// SAFETY: The `__percpu` pointer is aligned as a `T` is, and never null: `from_ptr` was given a
// `NonNull`. It names the variable that `from_foreign` takes back and `borrow` refers to.
unsafe impl<T: 'static> ForeignOwnable for PerCpuBox<T> {
    const FOREIGN_ALIGN: usize = align_of::<T>();

    type Borrowed<'a> = PerCpuRef<'a, T>;
    type BorrowedMut<'a> = PerCpuRef<'a, T>;

    fn into_foreign(self) -> *mut c_void {
        self.into_raw().as_ptr().cast()
    }

    unsafe fn from_foreign(ptr: *mut c_void) -> Self {
        // SAFETY: From `into_foreign`, by the caller's promise.
        unsafe { Self::from_raw(NonNull::new_unchecked(ptr.cast())) }
    }

    unsafe fn borrow<'a>(ptr: *mut c_void) -> PerCpuRef<'a, T> {
        // SAFETY: From `into_foreign`, and there as long as `'a`, by the caller's promise.
        unsafe { PerCpuRef::from_raw(NonNull::new_unchecked(ptr.cast())) }
    }

    unsafe fn borrow_mut<'a>(ptr: *mut c_void) -> PerCpuRef<'a, T> {
        // SAFETY: As in `borrow`.
        unsafe { Self::borrow(ptr) }
    }
}

impl<T: fmt::Debug + Sync> fmt::Debug for PerCpuBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
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
            // SAFETY: Not null: `from_ptr` was given a `NonNull`.
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
                unsafe { place::per_cpu_ptr(self.ptr.as_ptr(), cpu.into()).drop_in_place() };
            }
        }
        if size_of::<T>() != 0 {
            // SAFETY: Allocated by `PerCpuBox::alloc`, and unused from here on.
            unsafe { bindings::free_percpu(self.ptr.as_ptr().cast()) };
        }
    }
}
