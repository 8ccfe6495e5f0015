// SPDX-License-Identifier: GPL-2.0

//! Rule 6, and Asterinas #997: nor does a `Ref` of it.

use core::cell::RefCell;
use percpu::*;

define_per_cpu! {
    static VALUE: RefCell<u64> = RefCell::new(0);
}

pub fn f() {
    let mut leaked = None;
    //~ E0521
    //@ irqs_off(|irqs| leaked = VALUE.this_cpu_local(irqs).try_borrow().ok().map(|v| *v));
    irqs_off(|irqs| leaked = VALUE.this_cpu_local(irqs).try_borrow().ok());
    drop(leaked);
}
