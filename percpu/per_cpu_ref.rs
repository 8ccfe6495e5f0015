// SPDX-License-Identifier: GPL-2.0

//! References to per-CPU variables.

use crate::{
    place::{
        Allocated,
        Offset,
        Part,
        Place, //
    },
    PerCpu,
};
use core::{
    marker::PhantomData,
    ops::Deref,
    ptr::NonNull, //
};
use kernel::fmt;

/// A reference to a per-CPU variable of a `T`, static or allocated, whole or part of one: what
/// `T __percpu *` is in C.
///
/// It is as large as a pointer, `Copy`, and dereferences to a [`PerCpu`]. An operation takes as many
/// instructions as on a [`PerCpuBox`](crate::PerCpuBox). Made by [`PerCpu::to_ref`].
///
/// Not to be confused with [`PercpuRef`](crate::PercpuRef), a count of references: that is the kernel's
/// `struct percpu_ref`.
#[doc(alias = "__percpu")]
pub struct PerCpuRef<'a, T> {
    place: Allocated<T>,
    _borrowed: PhantomData<&'a PerCpu<Allocated<T>>>,
}

// SAFETY: As a shared `PerCpu`, which is what it refers to.
unsafe impl<T: Send> Send for PerCpuRef<'_, T> {}

// SAFETY: As for `Send`.
unsafe impl<T: Send> Sync for PerCpuRef<'_, T> {}

impl<'a, T> PerCpuRef<'a, T> {
    /// A reference to what C, or [`as_ptr`](PerCpu::as_ptr), calls `ptr`.
    ///
    /// # Safety
    ///
    /// `ptr` names a per-CPU variable. Every possible CPU has a copy, which holds a valid `T` for as long
    /// as `'a`. All other users access it only in ways [`PerCpu`] allows; if they are in other tasks, `T`
    /// is `Send`.
    #[inline(always)]
    pub const unsafe fn from_raw(ptr: NonNull<T>) -> Self {
        Self {
            // SAFETY: By the caller's promise.
            place: unsafe { Allocated::new(ptr) },
            _borrowed: PhantomData,
        }
    }
}

impl<T> Clone for PerCpuRef<'_, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for PerCpuRef<'_, T> {}

impl<T> Deref for PerCpuRef<'_, T> {
    type Target = PerCpu<Allocated<T>>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        // SAFETY: A `PerCpu` is nothing but its place, of which what `from_place` asks for was promised
        // when `self` was made, for as long as it lives.
        unsafe { &*(&raw const self.place).cast() }
    }
}

impl<'a, P: Place> From<&'a PerCpu<P>> for PerCpuRef<'a, P::Target> {
    #[inline(always)]
    fn from(var: &'a PerCpu<P>) -> Self {
        var.to_ref()
    }
}

impl<T: fmt::Debug + Sync> fmt::Debug for PerCpuRef<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<P: Place> PerCpu<P> {
    /// A reference of the one type for all variables of a `T`, wherever they are: `&var` of a static in C,
    /// or the `__percpu` pointer itself. May be called in any context.
    ///
    /// It borrows `self`. For a field or an element, see [`into_ref`](PerCpu::into_ref).
    ///
    /// ```
    /// # define_per_cpu! {
    /// #     static ERRORS: Scalar<u64> = Scalar::new(0);
    /// #     static PACKETS: Scalar<u64> = Scalar::new(0);
    /// # }
    /// fn count(errors: bool) -> PerCpuRef<'static, Scalar<u64>> {
    ///     if errors { ERRORS.to_ref() } else { PACKETS.to_ref() }
    /// }
    /// # count(true).this_cpu_inc();
    /// # assert_eq!((ERRORS.sum(), PACKETS.sum()), (1, 0));
    /// ```
    #[inline(always)]
    pub fn to_ref(&self) -> PerCpuRef<'_, P::Target> {
        // SAFETY: What `self` says of the variable is so as long as it is borrowed. A place's pointer is
        // never null: it is that of a symbol or of an allocation, or leads into one.
        unsafe { PerCpuRef::from_raw(NonNull::new_unchecked(self.as_ptr())) }
    }
}

impl<'a, P: Place, U, O: Offset> PerCpu<Part<'a, P, U, O>> {
    /// A reference to a field or an element, as [`to_ref`](PerCpu::to_ref) makes one to a variable. It
    /// borrows what the part is in: if that is a static variable, it is `'static`. A part of a part borrows
    /// that part; of an array there is [`PerCpuRef::element`]. May be called in any context.
    ///
    /// ```
    /// struct Stats {
    ///     packets: Scalar<u64>,
    ///     bytes: Scalar<u64>,
    /// }
    ///
    /// # define_per_cpu! {
    /// #     static STATS: Stats = Stats { packets: Scalar::new(0), bytes: Scalar::new(0) };
    /// # }
    /// fn count(packets: bool) -> PerCpuRef<'static, Scalar<u64>> {
    ///     if packets {
    ///         field!(STATS, Stats, packets).into_ref()
    ///     } else {
    ///         field!(STATS, Stats, bytes).into_ref()
    ///     }
    /// }
    /// # count(false).this_cpu_add(1500);
    /// # assert_eq!(field!(STATS, Stats, packets).sum(), 0);
    /// # assert_eq!(field!(STATS, Stats, bytes).sum(), 1500);
    /// ```
    #[inline(always)]
    pub fn into_ref(self) -> PerCpuRef<'a, U> {
        // SAFETY: A part is one for as long as `'a`, whatever becomes of `self`; as in `to_ref`, its
        // pointer is not null.
        unsafe { PerCpuRef::from_raw(NonNull::new_unchecked(self.as_ptr())) }
    }
}
