// SPDX-License-Identifier: GPL-2.0

//! Rule 2: `this_cpu_ptr` takes any proof of staying on the CPU, so it asks for `Sync` whichever it
//! is given.

use core::cell::Cell;
use percpu::*;

define_per_cpu! {
    static VALUE: Cell<u64> = Cell::new(0);
}

pub fn f() {
    //~ E0277
    //@ irqs_off(|irqs| VALUE.this_cpu_local(irqs).set(1));
    irqs_off(|irqs| VALUE.this_cpu_ptr(irqs).set(1));
}
