// SPDX-License-Identifier: GPL-2.0

//! Rule 13: the address of a static variable is not that of a value.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() {
    //~ E0308
    //@ let _: *mut Scalar<u64> = HITS.as_ptr();
    let _: &Scalar<u64> = &HITS;
}
