// SPDX-License-Identifier: GPL-2.0

//! Per-CPU allocations that fail when they are told to: the other side of `fail.c`.

use kernel::prelude::*;

unsafe extern "C" {
    // These two only set and get a number.
    safe fn attacks_fail_nth(n: c_ulong);
    safe fn attacks_fail_left() -> c_ulong;
    fn attacks_fail_register() -> c_int;
    fn attacks_fail_unregister();
}

/// Watches all allocations of per-CPU memory.
pub(crate) struct Registration(());

impl Registration {
    /// To be called once, when the module is loaded. `None` if the kernel has no such probes.
    pub(crate) fn new() -> Option<Self> {
        // SAFETY: Undone when the result is dropped.
        (unsafe { attacks_fail_register() } == 0).then_some(Self(()))
    }

    /// Makes the n-th allocation from now on fail that the calling task makes; none if `n` is 0.
    pub(crate) fn nth(&self, n: u64) {
        attacks_fail_nth(n as c_ulong);
    }

    /// How many allocations are still to come until one has failed.
    pub(crate) fn left(&self) -> u64 {
        attacks_fail_left() as u64
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: It is registered.
        unsafe { attacks_fail_unregister() };
    }
}
