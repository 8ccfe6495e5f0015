// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a `Scalar` cannot be read by copying it out of its place.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() -> u64 {
    HITS.get_cpu_var(|hits| {
        //~ E0507
        //@ let copy = HITS.this_cpu_read();
        let copy = *hits;
        drop(copy);
        0
    })
}
