// SPDX-License-Identifier: GPL-2.0

//! Closures that take stack, however the compiler nests them.

use core::{
    arch::asm,
    mem::MaybeUninit, //
};

/// As `f()`, with 128 bytes of the stack in use until it returns.
///
/// Closures that macros or types nest are inlined, and a level takes no stack: one task could be at more of
/// them than the kernel can count.
#[inline(always)]
pub(crate) fn on_a_level<R>(f: impl FnOnce() -> R) -> R {
    let level = MaybeUninit::<[u64; 16]>::uninit();
    // SAFETY: Does nothing; the compiler has to have a place for `level` here,
    unsafe { asm!("/* {} */", in(reg) level.as_ptr(), options(nostack, preserves_flags)) };
    let result = f();
    // SAFETY: and still have it here.
    unsafe { asm!("/* {} */", in(reg) level.as_ptr(), options(nostack, preserves_flags)) };
    result
}
