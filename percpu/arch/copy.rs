// SPDX-License-Identifier: GPL-2.0

//! For backends without an instruction that finds this CPU's copy and changes it in one go: loads and
//! stores at its address.

use crate::scalar::ScalarType;

/// Replaces the copy by `f` of its bits, in a load and a store; returns it before and after.
///
/// # Safety
///
/// At `ptr` there is an `I` that nothing but volatile accesses and `CpuOps` touch. `f` makes the
/// bits of an `I` of those of another.
#[inline(always)]
pub(super) unsafe fn update<I: ScalarType>(ptr: *mut I, f: impl FnOnce(u64) -> u64) -> (I, I) {
    // SAFETY: By the caller's promise. The accesses are volatile as other CPUs may read the word,
    // and interrupts write to it where they are not off, at any time.
    unsafe {
        let old = ptr.read_volatile();
        let new = I::from_bits(f(old.to_bits()));
        ptr.write_volatile(new);
        (old, new)
    }
}

/// Writes `new` to the copy if its bits are `equal` to those of `old`; returns what it was, and whether
/// that was done.
///
/// # Safety
///
/// As for `update`.
#[inline(always)]
pub(super) unsafe fn compare_and_store<I: ScalarType>(
    ptr: *mut I,
    old: I,
    new: I,
    equal: impl FnOnce(u64, u64) -> bool,
) -> (I, bool) {
    // SAFETY: As in `update`.
    unsafe {
        let now = ptr.read_volatile();
        if !equal(now.to_bits(), old.to_bits()) {
            return (now, false);
        }
        ptr.write_volatile(new);
        (now, true)
    }
}
