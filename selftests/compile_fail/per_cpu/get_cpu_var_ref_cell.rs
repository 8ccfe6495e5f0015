// SPDX-License-Identifier: GPL-2.0

//! Rule 2, and the upstream series: with only preemption off, an interrupt can come in the middle
//! of changing the borrow flag.

use core::cell::RefCell;
use percpu::*;

define_per_cpu! {
    static VALUE: RefCell<u64> = RefCell::new(0);
}

pub fn f() {
    //~ E0277
    //@ irqs_off(|irqs| VALUE.this_cpu_local(irqs).replace(1));
    VALUE.get_cpu_var(|value| value.replace(1));
}
