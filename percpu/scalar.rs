// SPDX-License-Identifier: GPL-2.0

//! What fits the machine instructions: integers, `bool` and raw pointers.

use core::{
    cell::UnsafeCell,
    fmt,
    hash::Hash, //
};
use pin_init::Zeroable;

use crate::decimal::Decimal;

mod private {
    pub trait Sealed {}
}

/// A type that one per-CPU instruction can read or write: `i8` to `i64`, `u8` to `u64`, `isize`,
/// `usize`, `bool` and raw pointers.
///
/// # Safety
///
/// `from_bits` undoes `to_bits`, and `to_bits` leaves the value's own representation in the low
/// `size_of::<Self>()` bytes, whatever stands above them.
pub unsafe trait ScalarType: Copy + private::Sealed {
    #[doc(hidden)]
    const SIGNED: bool = false;

    #[doc(hidden)]
    fn to_bits(self) -> u64;

    /// # Safety
    ///
    /// The low `size_of::<Self>()` bytes of `bits` are the representation of a `Self`.
    #[doc(hidden)]
    unsafe fn from_bits(bits: u64) -> Self;
}

/// A [`ScalarType`] that counts.
pub trait Integer: ScalarType + Default + Ord + Hash + fmt::Debug + fmt::Display {
    #[doc(hidden)]
    const ZERO: Self;

    #[doc(hidden)]
    const ONE: Self;

    #[doc(hidden)]
    fn wrapping_add(self, other: Self) -> Self;

    #[doc(hidden)]
    fn wrapping_neg(self) -> Self;
}

/// A [`ScalarType`] with `&` and `|`: the integers and `bool`.
pub trait Bits: ScalarType + Default + Ord + Hash + fmt::Debug + fmt::Display {}

macro_rules! impl_integer {
    ($($int:ty)*) => {$(
        impl private::Sealed for $int {}

        // SAFETY: Both directions keep the low bits.
        unsafe impl ScalarType for $int {
            const SIGNED: bool = <$int>::MIN != 0;

            #[inline(always)]
            #[allow(clippy::cast_lossless)] // one line for integers of every width
            fn to_bits(self) -> u64 {
                self as u64
            }

            #[inline(always)]
            unsafe fn from_bits(bits: u64) -> Self {
                bits as Self
            }
        }

        impl Integer for $int {
            const ZERO: Self = 0;
            const ONE: Self = 1;

            #[inline(always)]
            fn wrapping_add(self, other: Self) -> Self {
                <$int>::wrapping_add(self, other)
            }

            #[inline(always)]
            fn wrapping_neg(self) -> Self {
                <$int>::wrapping_neg(self)
            }
        }

        impl Bits for $int {}
    )*};
}

impl_integer!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

impl private::Sealed for bool {}

// SAFETY: `false` is 0 and `true` is 1.
unsafe impl ScalarType for bool {
    #[inline(always)]
    fn to_bits(self) -> u64 {
        u64::from(self)
    }

    #[inline(always)]
    #[allow(clippy::transmute_int_to_bool)] // `!= 0` is one instruction more
    unsafe fn from_bits(bits: u64) -> Self {
        // SAFETY: By the caller's promise.
        unsafe { core::mem::transmute::<u8, bool>(bits as u8) }
    }
}

impl Bits for bool {}

impl<T> private::Sealed for *mut T {}

// SAFETY: Both directions keep the address.
unsafe impl<T> ScalarType for *mut T {
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.expose_provenance() as u64
    }

    #[inline(always)]
    unsafe fn from_bits(bits: u64) -> Self {
        core::ptr::with_exposed_provenance_mut(bits as usize)
    }
}

impl<T> private::Sealed for *const T {}

// SAFETY: Both directions keep the address.
unsafe impl<T> ScalarType for *const T {
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.expose_provenance() as u64
    }

    #[inline(always)]
    unsafe fn from_bits(bits: u64) -> Self {
        core::ptr::with_exposed_provenance(bits as usize)
    }
}

/// One CPU's copy of an integer, `bool` or raw pointer with `this_cpu_*` operations.
///
/// A shared one never lends the value inside: an interrupt may change it between any two
/// instructions, and other CPUs may read it at any time. All access goes through
/// [`PerCpu`](crate::PerCpu), but for [`read_once`](Self::read_once).
#[doc(alias = "local64_t")]
#[doc(alias = "this_cpu_cmpxchg64")]
#[doc(alias = "local_t")]
#[repr(transparent)]
pub struct Scalar<I: ScalarType>(UnsafeCell<I>);

impl<I: ScalarType> Scalar<I> {
    /// A copy that starts as `value`.
    pub const fn new(value: I) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Reads a copy, of any CPU: `READ_ONCE` in C. May be called in any context.
    ///
    /// On 32-bit architectures, a 64-bit value that is being changed may be read in two halves.
    #[inline(always)]
    pub fn read_once(&self) -> I {
        // SAFETY: There is an `I`. Its CPU may write to it meanwhile, in one access at least as
        // wide as this volatile one, or in two halves on 32 bits; either leaves an `I`.
        unsafe { self.0.get().read_volatile() }
    }

    /// The value itself, for whoever owns the copy exclusively.
    #[inline(always)]
    pub fn get_mut(&mut self) -> &mut I {
        self.0.get_mut()
    }
}

impl<I: ScalarType + Default> Default for Scalar<I> {
    fn default() -> Self {
        Self::new(I::default())
    }
}

impl<I: ScalarType> From<I> for Scalar<I> {
    fn from(value: I) -> Self {
        Self::new(value)
    }
}

impl<I: ScalarType + fmt::Debug> fmt::Debug for Scalar<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.read_once();
        match value.to_bits() {
            // The number itself can only be shown where there is a `Decimal` for nothing.
            bits if cfg!(CONFIG_64BIT) || size_of::<I>() < size_of_val(&bits) => value.fmt(f),
            bits if I::SIGNED => fmt::Display::fmt(&Decimal(bits as i64), f),
            bits => fmt::Display::fmt(&Decimal(bits), f),
        }
    }
}

// SAFETY: The value is a number, a truth value or an address; none is tied to a thread. (What lies
// behind a raw pointer takes `unsafe` to reach.)
unsafe impl<I: ScalarType> Send for Scalar<I> {}

// SAFETY: `&Scalar` lets anybody read the value by one access, and nobody write.
unsafe impl<I: ScalarType> Sync for Scalar<I> {}

// SAFETY: Zero is a value of every integer, `false`, and the null pointer.
unsafe impl<I: ScalarType> Zeroable for Scalar<I> {}
