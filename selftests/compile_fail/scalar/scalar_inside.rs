// SPDX-License-Identifier: GPL-2.0

//! Rule 1: what is inside a `Scalar` cannot be named.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() {
    HITS.get_cpu_var(|hits| {
        //~ E0616
        //@ let _ = hits.read_once();
        let _ = &hits.0;
    });
}
