// SPDX-License-Identifier: GPL-2.0

//! Rule 3: preemption off does not keep interrupts from a `RefCell`.

use core::cell::RefCell;
use percpu::*;

define_per_cpu! {
    static VALUE: RefCell<u64> = RefCell::new(0);
}

pub fn f() {
    //~ E0277
    //@ irqs_off(|irqs| VALUE.this_cpu_local(irqs).replace(1));
    get_cpu(|cpu| VALUE.this_cpu_local(cpu).replace(1));
}
