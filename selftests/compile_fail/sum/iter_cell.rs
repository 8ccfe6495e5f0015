// SPDX-License-Identifier: GPL-2.0

//! Rule 3: what is not `Sync` is never reached from another CPU.

use core::cell::Cell;
use percpu::*;

define_per_cpu! {
    static VALUE: Cell<u64> = Cell::new(0);
}

pub fn f() {
    //~ E0277
    //@ drop(possible_cpus());
    drop(VALUE.iter());
}
