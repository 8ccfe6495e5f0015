// SPDX-License-Identifier: GPL-2.0

//! Rule 4: there is one `PerCpu` of a static variable, and it stays where it is.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() {
    //~ E0507
    //@ let hits = &HITS;
    let hits = HITS;
    hits.this_cpu_inc();
}
