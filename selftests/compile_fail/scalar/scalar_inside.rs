// SPDX-License-Identifier: GPL-2.0

//! Rule 1: what is inside a `Scalar` cannot be named.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() {
    //~ E0616
    //@ let _ = HITS.get_cpu_var().cpu();
    let _ = &HITS.get_cpu_var().0;
}
