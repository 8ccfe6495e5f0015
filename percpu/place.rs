// SPDX-License-Identifier: GPL-2.0

//! Where a per-CPU variable lives, and what a backend does there.
//!
//! The macros of this crate implement these traits; nobody else needs to. Nothing is believed of an
//! implementation by itself: whoever makes a [`PerCpu`](crate::PerCpu) of a place promises that what
//! it says is true.

use crate::scalar::ScalarType;
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::cpu::CpuId;

/// A place that every possible CPU has a copy of: a whole variable, or a [`Field`] of one.
///
/// For every possible CPU, `per_cpu_ptr` of `as_ptr()` is the address of a valid `Target`, at
/// `Offset` bytes into what `root()` names, and [`CpuOps`] of `root()` do what they say: that is for
/// those to promise who call [`PerCpu::from_place`](crate::PerCpu::from_place).
pub trait Place: Copy {
    /// What one copy holds.
    type Target;

    /// The variable that the place is in.
    type Root: CpuOps;

    /// How far into the variable.
    type Offset: Offset;

    /// The variable that the place is in.
    fn root(self) -> Self::Root;

    /// The C side's `__percpu` pointer: no address of anything until a CPU's offset is added.
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

/// A number of bytes known at compile time, as instructions take it.
pub trait Offset {
    /// The number of bytes.
    const BYTES: usize;
}

/// Where a field is in a structure, made by [`field!`](crate::field).
pub trait StructureField: Offset {
    /// The structure that [`BYTES`](Offset::BYTES) are counted in.
    type Structure;
}

/// No bytes: the variable itself.
pub enum Zero {}

impl Offset for Zero {
    const BYTES: usize = 0;
}

/// Both offsets, one after the other.
pub struct Sum<A, B>(PhantomData<(A, B)>);

impl<A: Offset, B: Offset> Offset for Sum<A, B> {
    const BYTES: usize = A::BYTES + B::BYTES;
}

/// How an operation behaves when it is interrupted half-way.
pub trait Access {
    /// Whether interrupts must not come in between, nor the task change CPUs.
    const ATOMIC: bool;
}

/// `this_cpu_*`: atomic against everything else on the CPU.
pub enum Atomic {}

impl Access for Atomic {
    const ATOMIC: bool = true;
}

/// `raw_cpu_*` and `__this_cpu_*`: the update of an interrupt in between may be lost.
pub enum Raw {}

impl Access for Raw {
    const ATOMIC: bool = false;
}

/// The operations on this CPU's copy of the scalar at `O` bytes into a variable.
///
/// Each method does to the copy what it says, and nothing else to memory: see [`Place`].
pub trait CpuOps: Copy {
    /// Reads the copy.
    ///
    /// # Safety
    ///
    /// For this and all others: at `O` bytes there is an `I` that nothing but these operations and
    /// volatile accesses touch.
    unsafe fn read<I: ScalarType, O: Offset, A: Access>(self) -> I;

    /// Overwrites the copy.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn write<I: ScalarType, O: Offset, A: Access>(self, v: I);

    /// Adds, wrapping around.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn add<I: ScalarType, O: Offset, A: Access>(self, v: I);

    /// Keeps the bits of `v`.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn and<I: ScalarType, O: Offset, A: Access>(self, v: I);

    /// Sets the bits of `v`.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn or<I: ScalarType, O: Offset, A: Access>(self, v: I);

    /// Adds one, wrapping around.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn inc<I: ScalarType, O: Offset, A: Access>(self);

    /// Subtracts one, wrapping around.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn dec<I: ScalarType, O: Offset, A: Access>(self);

    /// Adds, wrapping around, and returns the sum.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn add_return<I: ScalarType, O: Offset, A: Access>(self, v: I) -> I;

    /// Writes `new` and returns what the copy was.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn xchg<I: ScalarType, O: Offset, A: Access>(self, new: I) -> I;

    /// Writes `new` if the copy equals `old`, and returns what the copy was.
    ///
    /// # Safety
    ///
    /// As for `read`.
    unsafe fn cmpxchg<I: ScalarType, O: Offset, A: Access>(self, old: I, new: I) -> I;

    /// Writes `new` and returns true if the copy equals `old`; else puts what it was into `old`.
    ///
    /// # Safety
    ///
    /// As for `read`.
    #[inline(always)]
    unsafe fn try_cmpxchg<I: ScalarType, O: Offset, A: Access>(self, old: &mut I, new: I) -> bool {
        // SAFETY: By the caller's promise.
        unsafe { cmpxchg_and_compare::<_, I, O, A>(self, old, new) }
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
    old: &mut I,
    new: I,
) -> bool {
    // SAFETY: By the caller's promise.
    let now = unsafe { place.cmpxchg::<I, O, A>(*old, new) };
    core::mem::replace(old, now).to_bits() == now.to_bits()
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

impl<T> Place for Allocated<T> {
    type Target = T;
    type Root = Self;
    type Offset = Zero;

    #[inline(always)]
    fn root(self) -> Self {
        self
    }

    #[inline(always)]
    fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }
}

/// A field of type `U`, `O` bytes into the place `P`, made by [`field!`](crate::field).
pub struct Field<'a, P, U, O> {
    place: P,
    _field: PhantomData<(&'a P, *mut U, O)>,
}

impl<P, U, O> Field<'_, P, U, O> {
    /// # Safety
    ///
    /// At `O` bytes into the target of `place` there is a `U`, for as long as the result lives.
    pub(crate) const unsafe fn new(place: P) -> Self {
        Self {
            place,
            _field: PhantomData,
        }
    }
}

impl<P: Copy, U, O> Clone for Field<'_, P, U, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Copy, U, O> Copy for Field<'_, P, U, O> {}

impl<P: Place, U, O: Offset> Place for Field<'_, P, U, O> {
    type Target = U;
    type Root = P::Root;
    type Offset = Sum<P::Offset, O>;

    #[inline(always)]
    fn root(self) -> P::Root {
        self.place.root()
    }

    #[inline(always)]
    fn as_ptr(self) -> *mut U {
        self.place.as_ptr().wrapping_byte_add(O::BYTES).cast()
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

/// The address of the copy that is `offset` away: `SHIFT_PERCPU_PTR` in C.
///
/// A copy is another object than `ptr` names, so the result takes the provenance that was exposed
/// when the kernel laid out the copies.
#[inline(always)]
pub(crate) fn shift<T>(ptr: *mut T, offset: usize) -> *mut T {
    core::ptr::with_exposed_provenance_mut(ptr.expose_provenance().wrapping_add(offset))
}
