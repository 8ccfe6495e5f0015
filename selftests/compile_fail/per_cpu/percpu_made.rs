// SPDX-License-Identifier: GPL-2.0

//! Rule 4: making another `PerCpu` of the same variable takes `unsafe`.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() {
    //~ E0133
    //@ let hits = &HITS;
    let hits = PerCpu::from_place(HITS {});
    hits.this_cpu_inc();
}
