// SPDX-License-Identifier: GPL-2.0

//! Rule 5: a field of a type that is not `Send` is not shared.

use core::cell::Cell;
use percpu::*;

pub struct Stats {
    pub hits: Scalar<u64>,
    pub last: Cell<*const u8>,
}

fn share<T: Sync>(_: &T) {}

pub fn f(stats: &PerCpuBox<Stats>) {
    //~ E0277
    //@ share(&field!(*stats, Stats, hits));
    share(&field!(*stats, Stats, last));
}
