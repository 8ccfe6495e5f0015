// SPDX-License-Identifier: GPL-2.0

//! Exchanging 16 bytes at once.

use crate::{
    arch,
    place::Place,
    PerCpu, //
};
use core::cell::UnsafeCell;
use kernel::prelude::*;
use pin_init::Zeroable;

/// One CPU's copy of 16 bytes that are exchanged as one, such as a pointer and a counter.
///
/// Only [`this_cpu_cmpxchg128`](PerCpu::this_cpu_cmpxchg128) accesses it. To read it or to change it, try
/// with any `old`, and again with what comes back, until that equals what was tried.
#[repr(C, align(16))]
pub struct Scalar128(UnsafeCell<u128>);

impl Scalar128 {
    /// A copy that starts as `value`.
    pub const fn new(value: u128) -> Self {
        Self(UnsafeCell::new(value))
    }
}

// SAFETY: `&Scalar128` gives no access by itself.
unsafe impl Sync for Scalar128 {}

// SAFETY: Zero is a number.
unsafe impl Zeroable for Scalar128 {}

impl<P: Place<Target = Scalar128>> PerCpu<P> {
    /// Overwrites this CPU's copy if it equals `old`. Returns what it was, which is `old` exactly
    /// when it was overwritten.
    ///
    /// `this_cpu_cmpxchg128` in C. Atomic on this CPU: may be called in any context, and nothing
    /// that happens on the CPU comes in between. On x86-64, `cmpxchg16b`. Elsewhere, with interrupts
    /// off: what an NMI does in between is lost.
    ///
    /// # Errors
    ///
    /// `ENOTSUPP` if the processor has no such instruction.
    #[inline]
    pub fn this_cpu_cmpxchg128(&self, old: u128, new: u128) -> Result<u128> {
        // SAFETY: The target is a `Scalar128`, which nothing but this operation touches.
        unsafe { arch::cmpxchg128(self.as_ptr().cast(), old, new) }
    }
}
