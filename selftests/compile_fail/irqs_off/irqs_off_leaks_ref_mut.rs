// SPDX-License-Identifier: GPL-2.0

//! Rule 6, and Asterinas #997: nor does a `RefMut` of it.

use core::cell::RefCell;
use percpu::*;

define_per_cpu! {
    static VALUE: RefCell<u64> = RefCell::new(0);
}

pub fn f() {
    //~ lifetime may not live long enough
    //@ let leaked = irqs_off(|irqs| *VALUE.this_cpu_local(irqs).borrow_mut());
    let leaked = irqs_off(|irqs| VALUE.this_cpu_local(irqs).borrow_mut());
    drop(leaked);
}
