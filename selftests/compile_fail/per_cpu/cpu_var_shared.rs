// SPDX-License-Identifier: GPL-2.0

//! Rule 6: what holds a guard is not shared either.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

fn share<T: Sync>(_: &T) {}

pub fn f() {
    //~ E0277
    //@ share(&HITS);
    share(&HITS.get_cpu_var());
}
