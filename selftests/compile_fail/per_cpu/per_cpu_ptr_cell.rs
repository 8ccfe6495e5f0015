// SPDX-License-Identifier: GPL-2.0

//! Rule 3: what is not `Sync` is never reached from another CPU.

use core::cell::Cell;
use percpu::*;

define_per_cpu! {
    static VALUE: Cell<u64> = Cell::new(0);
}

pub fn f() {
    for cpu in possible_cpus() {
        //~ E0277
        //@ let _ = (&VALUE, cpu);
        let _ = VALUE.per_cpu_ptr(cpu).get();
    }
}
