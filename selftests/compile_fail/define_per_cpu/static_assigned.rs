// SPDX-License-Identifier: GPL-2.0

//! Rule 4: a copy is not assigned to under a guard.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() {
    //~ E0594
    //@ HITS.this_cpu_write(1);
    HITS.get_cpu_var(|hits| *hits = Scalar::new(1));
}
