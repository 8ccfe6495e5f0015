// SPDX-License-Identifier: GPL-2.0

//! Rule 2: under a guard an interrupt may share the copy, so it has to be `Sync`.

use core::cell::Cell;
use percpu::*;

define_per_cpu! {
    static VALUE: Cell<u64> = Cell::new(0);
}

pub fn f() {
    //~ E0277
    //@ irqs_off(|irqs| VALUE.this_cpu_local(irqs).set(1));
    get_cpu(|cpu| VALUE.this_cpu_ptr(cpu).set(1));
}
