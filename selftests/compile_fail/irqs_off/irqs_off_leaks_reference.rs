// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a reference to a copy does not outlive the time that interrupts are off.

use core::cell::Cell;
use percpu::*;

define_per_cpu! {
    static VALUE: Cell<u64> = Cell::new(0);
}

pub fn f() {
    let mut leaked = None;
    //~ E0521
    //@ irqs_off(|irqs| leaked = Some(VALUE.this_cpu_local(irqs).get()));
    irqs_off(|irqs| leaked = Some(VALUE.this_cpu_local(irqs)));
    drop(leaked);
}
