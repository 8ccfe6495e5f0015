// SPDX-License-Identifier: GPL-2.0

//! Rule 3: migration off keeps neither interrupts nor other tasks from a `Cell`.

use core::cell::Cell;
use percpu::*;

define_per_cpu! {
    static VALUE: Cell<u64> = Cell::new(0);
}

pub fn f() {
    //~ E0277
    //@ irqs_off(|irqs| VALUE.this_cpu_local(irqs).set(1));
    migrate_disable(|cpu| VALUE.this_cpu_local(cpu).set(1));
}
