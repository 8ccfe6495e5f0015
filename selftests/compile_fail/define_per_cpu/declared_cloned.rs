// SPDX-License-Identifier: GPL-2.0

//! `unsafe`: a promise is made once.

use percpu::*;

define_per_cpu! {
    static COUNT: Scalar<u64> = Scalar::new(0);
}

pub fn f(promise: Declared<COUNT>) {
    drop(promise);
    //~ E0382
    //@
    drop(promise);
}
