// SPDX-License-Identifier: GPL-2.0

//! Rule 1: `this_cpu_*` is for a `Scalar` only, for a plain integer can be borrowed.

use percpu::*;

define_per_cpu! {
    static HITS: u64 = 0;
}

pub fn f() {
    //~ E0599
    //@ HITS.get_cpu_var(|_| ());
    HITS.this_cpu_inc();
}
