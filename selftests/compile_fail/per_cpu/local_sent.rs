// SPDX-License-Identifier: GPL-2.0

//! Rule 3: a `Cell` that was reached with interrupts off is not passed to another task.

use core::cell::Cell;
use percpu::*;

define_per_cpu! {
    static VALUE: Cell<u64> = Cell::new(0);
}

fn spawn<T: Send>(_: T) {}

pub fn f() {
    //~ E0277
    //@ irqs_off(|irqs| spawn(VALUE.this_cpu_local(irqs).get()));
    irqs_off(|irqs| spawn(VALUE.this_cpu_local(irqs)));
}
