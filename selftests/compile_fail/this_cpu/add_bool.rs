// SPDX-License-Identifier: GPL-2.0

//! Rule 1: adding to a `bool` could make it something else than 0 or 1.

use percpu::*;

define_per_cpu! {
    static FLAG: Scalar<bool> = Scalar::new(false);
}

pub fn f() {
    //~ E0599
    //@ FLAG.this_cpu_or(true);
    FLAG.this_cpu_add(true);
}
