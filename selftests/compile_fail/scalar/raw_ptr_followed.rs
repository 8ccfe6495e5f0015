// SPDX-License-Identifier: GPL-2.0

//! Rule 1: the bare address of a copy takes `unsafe` to follow.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() -> *const Scalar<u64> {
    //~ E0133
    //@ HITS.raw_cpu_ptr()
    &*HITS.raw_cpu_ptr()
}
