// SPDX-License-Identifier: GPL-2.0

//! The per-CPU memory that is kept for the static variables of modules.

use kernel::{
    alloc::flags::__GFP_NOWARN,
    bindings,
    prelude::*, //
};
use percpu::MAX_SIZE;

/// The least that can be had, as `PCPU_MIN_ALLOC_SIZE` in C.
const LEAST: usize = 4;

/// How much is free, in bytes for each CPU: all that there is is allocated, and freed.
pub(crate) fn free() -> usize {
    // SAFETY: `Flags` is a `u32` and nothing else; it keeps that to itself.
    let gfp =
        unsafe { core::mem::transmute::<kernel::alloc::Flags, u32>(GFP_KERNEL | __GFP_NOWARN) };
    let mut taken = [core::ptr::null_mut(); 256];
    let (mut size, mut count, mut free) = (MAX_SIZE, 0, 0);
    while size >= LEAST && count < taken.len() {
        // SAFETY: Size and alignment are within the allocator's limits.
        let ptr = unsafe { bindings::pcpu_alloc_noprof(size, LEAST, true, gfp) };
        if ptr.is_null() {
            size /= 2;
        } else {
            taken[count] = ptr;
            count += 1;
            free += size;
        }
    }
    for ptr in &taken[..count] {
        // SAFETY: Allocated above, and used by nobody.
        unsafe { bindings::free_percpu(*ptr) };
    }
    free
}
