// SPDX-License-Identifier: GPL-2.0

//! Rule 4: no `&mut` with interrupts off either: the same call in a function that is called gives
//! another.

use core::cell::Cell;
use percpu::*;

define_per_cpu! {
    static VALUE: Cell<u64> = Cell::new(0);
}

pub fn f() {
    irqs_off(|irqs| {
        //~ E0308
        //@ let _: &Cell<u64> = VALUE.this_cpu_local(irqs);
        let _: &mut Cell<u64> = VALUE.this_cpu_local(irqs);
    });
}
