// SPDX-License-Identifier: GPL-2.0

//! Where a per-CPU variable lives, and what a backend does there.
//!
//! The macros of this crate implement these traits; nobody else needs to. An implementation by itself
//! is not trusted: whoever makes a [`PerCpu`](crate::PerCpu) of a place promises that it is right.

use crate::scalar::ScalarType;
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::cpu::CpuId;

/// Where the copies of a variable, or of a part of one, are: what a function asks for that takes a
/// [`PerCpu`](crate::PerCpu) of any kind.
///
/// ```
/// use percpu::{PerCpu, Place, Scalar};
///
/// fn count(var: &PerCpu<impl Place<Target = Scalar<u64>>>) {
///     var.this_cpu_inc();
/// }
/// # let hits = PerCpuBox::new_with(|_cpu| Scalar::new(0u64), GFP_KERNEL)?;
/// # count(&hits);
/// # assert_eq!(hits.sum(), 1);
/// ```
///
/// The macros of this crate implement it; nobody else needs to.
// For every possible CPU, `per_cpu_ptr` of `as_ptr()` is the address of a valid `Target`, `offset()` into
// what `root()` names, and `CpuOps` of `root()` do what they say: that is for those to promise who call
// `PerCpu::from_place`.
pub trait Place: Copy {
    /// What one copy holds.
    type Target;

    /// The variable that the place is in.
    #[doc(hidden)]
    type Root: CpuOps;

    /// How far into the variable.
    #[doc(hidden)]
    type Offset: Offset;

    /// The variable that the place is in.
    #[doc(hidden)]
    fn root(self) -> Self::Root;

    /// How far into the variable.
    #[doc(hidden)]
    fn offset(self) -> Self::Offset;

    /// The `__percpu` pointer in C. It is no address of anything until a CPU's offset is added.
    fn as_ptr(self) -> *mut Self::Target;
}

/// The type of a static variable, said where its storage cannot be named.
pub trait Typed {
    /// What one copy holds.
    type Type;
}

/// A symbol that something else defines. Only its address is used.
#[repr(C)]
pub struct Symbol([u8; 0]);

/// A distance: a number of bytes known at compile time and, in an array, so many elements.
///
/// That is how instructions take it.
pub trait Offset: Copy {
    /// The number of bytes.
    const BYTES: usize;

    /// The bytes of an element; 0 if all is known at compile time.
    const STRIDE: usize = 0;

    /// What an instruction multiplies by.
    const SCALE: usize = match Self::STRIDE {
        1 | 2 | 4 | 8 => Self::STRIDE,
        _ => 1,
    };

    /// The number of elements.
    #[inline(always)]
    fn index(self) -> usize {
        0
    }

    /// What an instruction multiplies by [`SCALE`](Self::SCALE).
    #[inline(always)]
    fn scaled(self) -> usize {
        if Self::SCALE == Self::STRIDE {
            self.index()
        } else {
            self.index() * Self::STRIDE
        }
    }

    /// All of it, in bytes.
    #[inline(always)]
    fn bytes(self) -> usize {
        Self::BYTES + self.index() * Self::STRIDE
    }
}

/// Where a field is in a structure, made by [`field!`](crate::field).
pub trait StructureField: Offset {
    /// The structure that [`BYTES`](Offset::BYTES) are counted in.
    type Structure;

    /// The only value.
    fn new() -> Self;
}

/// No distance: the variable itself.
#[derive(Clone, Copy)]
pub struct Zero;

impl Offset for Zero {
    const BYTES: usize = 0;
}

/// So many elements of an array of `U`.
pub struct Index<U>(usize, PhantomData<*mut U>);

impl<U> Clone for Index<U> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<U> Copy for Index<U> {}

impl<U> Offset for Index<U> {
    const BYTES: usize = 0;
    const STRIDE: usize = size_of::<U>();

    #[inline(always)]
    fn index(self) -> usize {
        self.0
    }
}

/// Both distances, one after the other.
#[derive(Clone, Copy)]
pub struct Sum<A, B>(A, B);

impl<A: Offset, B: Offset> Offset for Sum<A, B> {
    const BYTES: usize = A::BYTES + B::BYTES;
    const STRIDE: usize = match (A::STRIDE, B::STRIDE) {
        (0, stride) | (stride, 0) => stride,
        _ => 1,
    };

    #[inline(always)]
    fn index(self) -> usize {
        match (A::STRIDE, B::STRIDE) {
            (0, _) => self.1.index(),
            (_, 0) => self.0.index(),
            _ => self.0.index() * A::STRIDE + self.1.index() * B::STRIDE,
        }
    }
}

/// How an operation behaves when it is interrupted half-way.
pub trait Access {
    /// Whether interrupts must not come in between, nor the task change CPUs.
    const ATOMIC: bool;

    /// Whether the caller keeps the task on its CPU.
    const KEPT: bool = false;
}

/// `this_cpu_*`: atomic against everything else on the CPU.
pub enum Atomic {}

impl Access for Atomic {
    const ATOMIC: bool = true;
}

/// As [`Atomic`], by a caller that has preemption off.
pub enum Kept {}

impl Access for Kept {
    const ATOMIC: bool = true;
    const KEPT: bool = true;
}

/// `raw_cpu_*` and `__this_cpu_*`: the update of an interrupt in between may be lost.
pub enum Raw {}

impl Access for Raw {
    const ATOMIC: bool = false;
}

/// The operations on this CPU's copy of a scalar at an offset in a variable.
///
/// Each method does to the copy what it says, and nothing else to memory: see [`Place`].
pub trait CpuOps: Copy {
    /// Reads the copy.
    ///
    /// # Safety
    ///
    /// For this and all others: at the offset `at` in the variable there is an `I`, which only these
    /// operations and volatile accesses touch.
    unsafe fn read<I: ScalarType, O: Offset, A: Access>(self, at: O) -> I;

    /// Overwrites the copy.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn write<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I);

    /// Adds, wrapping around.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn add<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I);

    /// Keeps the bits of `v`.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn and<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I);

    /// Sets the bits of `v`.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn or<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I);

    /// Adds one, wrapping around.
    ///
    /// # Safety
    ///
    /// As for `read`.
    #[inline(always)]
    unsafe fn inc<I: ScalarType, O: Offset, A: Access>(self, at: O) {
        // SAFETY: By the caller's promise; 1 is a value of every integer.
        unsafe { self.add::<I, O, A>(at, I::from_bits(1)) }
    }

    /// Subtracts one, wrapping around.
    ///
    /// # Safety
    ///
    /// As for `read`.
    #[inline(always)]
    unsafe fn dec<I: ScalarType, O: Offset, A: Access>(self, at: O) {
        // SAFETY: By the caller's promise; all ones are a value of every integer.
        unsafe { self.add::<I, O, A>(at, I::from_bits(u64::MAX)) }
    }

    /// Adds, wrapping around, and returns the sum.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn add_return<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) -> I;

    /// Writes `new` and returns what the copy was.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn xchg<I: ScalarType, O: Offset, A: Access>(self, at: O, new: I) -> I;

    /// Writes `new` if the copy equals `old`, and returns what the copy was.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn cmpxchg<I: ScalarType, O: Offset, A: Access>(self, at: O, old: I, new: I) -> I;

    /// Writes `new` and returns true if the copy equals `old`; else puts what it was into `old`.
    ///
    /// # Safety
    ///
    /// As for `read`.
    #[inline(always)]
    unsafe fn try_cmpxchg<I: ScalarType, O: Offset, A: Access>(
        self,
        at: O,
        old: &mut I,
        new: I,
    ) -> bool {
        // SAFETY: By the caller's promise.
        unsafe { cmpxchg_and_compare::<_, I, O, A>(self, at, old, new) }
    }
}

/// [`CpuOps::try_cmpxchg`], by looking at what `cmpxchg` returned.
///
/// # Safety
///
/// As for [`CpuOps::read`].
#[doc(hidden)]
#[inline(always)]
pub unsafe fn cmpxchg_and_compare<P: CpuOps, I: ScalarType, O: Offset, A: Access>(
    place: P,
    at: O,
    old: &mut I,
    new: I,
) -> bool {
    // SAFETY: By the caller's promise.
    let now = unsafe { place.cmpxchg::<I, O, A>(at, *old, new) };
    core::mem::replace(old, now).to_bits() == now.to_bits()
}

/// What a [`PerCpuBox`](crate::PerCpuBox) or [`PerCpuRef`](crate::PerCpuRef) points at.
pub struct Allocated<T>(NonNull<T>);

impl<T> Allocated<T> {
    /// # Safety
    ///
    /// `ptr` names a per-CPU variable or a part of one, and its copies hold valid `T`s for as long as
    /// the returned value and its clones are used.
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

impl<T> Place for Allocated<T> {
    type Target = T;
    type Root = Self;
    type Offset = Zero;

    #[inline(always)]
    fn root(self) -> Self {
        self
    }

    #[inline(always)]
    fn offset(self) -> Zero {
        Zero
    }

    #[inline(always)]
    fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }
}

/// A part of type `U`, `O` into the place `P`: made by [`field!`](crate::field), or an element of an
/// array.
pub struct Part<'a, P, U, O> {
    place: P,
    offset: O,
    _part: PhantomData<(&'a P, *mut U)>,
}

impl<P, U, O> Part<'_, P, U, O> {
    /// # Safety
    ///
    /// `offset` into the target of `place` there is a `U`, for as long as the lifetime of the result's type.
    pub(crate) const unsafe fn new(place: P, offset: O) -> Self {
        Self {
            place,
            offset,
            _part: PhantomData,
        }
    }
}

impl<P, U> Part<'_, P, U, Index<U>> {
    /// # Safety
    ///
    /// The target of `place` is an array of more than `index` `U`, for as long as the lifetime of the
    /// result's type.
    pub(crate) const unsafe fn element(place: P, index: usize) -> Self {
        // SAFETY: By the caller's promise.
        unsafe { Self::new(place, Index(index, PhantomData)) }
    }
}

impl<P: Copy, U, O: Copy> Clone for Part<'_, P, U, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Copy, U, O: Copy> Copy for Part<'_, P, U, O> {}

impl<P: Place, U, O: Offset> Place for Part<'_, P, U, O> {
    type Target = U;
    type Root = P::Root;
    type Offset = Sum<P::Offset, O>;

    #[inline(always)]
    fn root(self) -> P::Root {
        self.place.root()
    }

    #[inline(always)]
    fn offset(self) -> Self::Offset {
        Sum(self.place.offset(), self.offset)
    }

    #[inline(always)]
    fn as_ptr(self) -> *mut U {
        let bytes = self.offset.bytes();
        self.place.as_ptr().wrapping_byte_add(bytes).cast()
    }
}

/// The address of the copy of `cpu`: `per_cpu_ptr` in C.
///
/// Of no use for a CPU that is not possible: it has no copy, and its offset may be anything.
#[inline(always)]
pub(crate) fn per_cpu_ptr<T>(ptr: *mut T, cpu: CpuId) -> *mut T {
    #[cfg(CONFIG_SMP)]
    // SAFETY: The table has an entry for every CPU number, and is constant after boot.
    let offset = unsafe {
        (&raw const kernel::bindings::__per_cpu_offset)
            .cast::<usize>()
            .add(cpu.as_u32() as usize)
            .read()
    };
    #[cfg(not(CONFIG_SMP))]
    let offset = {
        let _ = cpu;
        0
    };
    shift(ptr, offset)
}

/// The address of the copy at a CPU's `offset`: `SHIFT_PERCPU_PTR` in C.
///
/// A copy is another object than `ptr` names, so the result takes the provenance that was exposed
/// when the kernel laid out the copies.
#[inline(always)]
pub(crate) fn shift<T>(ptr: *mut T, offset: usize) -> *mut T {
    core::ptr::with_exposed_provenance_mut(ptr.expose_provenance().wrapping_add(offset))
}
