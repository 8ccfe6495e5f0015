// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a `Scalar` gives no reference to the integer inside.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() {
    HITS.get_cpu_var(|hits| {
        //~ E0308
        //@ let _: &Scalar<u64> = hits;
        let _: &u64 = hits;
    });
}
