// SPDX-License-Identifier: GPL-2.0

//! Rule 1: nor by cloning it.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() {
    //~ E0599
    //@ drop(HITS.get_cpu_var().cpu());
    drop(HITS.get_cpu_var().clone());
}
