// SPDX-License-Identifier: GPL-2.0

//! Rule 6: what holds a guard does not change tasks either.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

fn spawn<T: Send>(_: T) {}

pub fn f() {
    //~ E0277
    //@ spawn(&HITS);
    spawn(HITS.get_cpu_var());
}
