// SPDX-License-Identifier: GPL-2.0

//! `unsafe`: a promise is about one variable.

use percpu::*;

pub fn promised(promise: Declared<FIRST>) -> Declared<FIRST> {
    promise
}

define_per_cpu! {
    static FIRST: Scalar<u64> = Scalar::new(0);
    static SECOND: Scalar<u64> = Scalar::new(0);
}

pub fn f(promise: Declared<FIRST>) {
    //~ E0308
    //@ PerCpu::declared(FIRST {}, promise);
    PerCpu::declared(SECOND {}, promise);
}
