// SPDX-License-Identifier: GPL-2.0

//! For backends without an instruction that finds this CPU's copy and changes it in one go: its
//! address, and loads and stores there.

use super::on_one_cpu;
use crate::{
    place::{
        self,
        Access,
        Offset,
        Place, //
    },
    scalar::ScalarType, //
};

/// Calls `f` with the address of this CPU's copy, [`on_one_cpu`] if `A` asks for it.
#[inline(always)]
pub(super) fn on_copy<I, O: Offset, A: Access, R>(
    root: impl Place,
    f: impl FnOnce(*mut I) -> R,
) -> R {
    let f = || {
        let ptr = place::raw_cpu_ptr(root.as_ptr());
        f(ptr.wrapping_byte_add(O::BYTES).cast())
    };
    if A::ATOMIC {
        on_one_cpu(f)
    } else {
        f()
    }
}

/// Replaces this CPU's copy by `f` of its bits, in a load and a store; returns it before and after.
///
/// # Safety
///
/// As for [`CpuOps::read`](place::CpuOps::read). `f` makes the bits of an `I` of those of another.
#[inline(always)]
pub(super) unsafe fn update<I: ScalarType, O: Offset, A: Access>(
    root: impl Place,
    f: impl FnOnce(u64) -> u64,
) -> (I, I) {
    // SAFETY: By the caller's promise. The accesses are volatile as other CPUs may read the word,
    // and interrupts write to it where they are not off, at any time.
    on_copy::<I, O, A, _>(root, |ptr| unsafe {
        let old = ptr.read_volatile();
        let new = I::from_bits(f(old.to_bits()));
        ptr.write_volatile(new);
        (old, new)
    })
}

/// Writes `new` to this CPU's copy if it equals `old`; returns what it was.
///
/// # Safety
///
/// As for [`CpuOps::read`](place::CpuOps::read).
#[inline(always)]
pub(super) unsafe fn compare_and_store<I: ScalarType, O: Offset, A: Access>(
    root: impl Place,
    old: I,
    new: I,
) -> I {
    // SAFETY: As in `update`.
    on_copy::<I, O, A, _>(root, |ptr| unsafe {
        let now = ptr.read_volatile();
        if now.to_bits() == old.to_bits() {
            ptr.write_volatile(new);
        }
        now
    })
}
