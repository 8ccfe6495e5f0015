// SPDX-License-Identifier: GPL-2.0

//! Rule 1: nor by cloning it.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() {
    HITS.get_cpu_var(|hits| {
        //~ E0308
        //@ let _: u64 = hits.read_once();
        let _: Scalar<u64> = hits.clone();
    });
}
