// SPDX-License-Identifier: GPL-2.0

//! The CPU may come back after the callback: nothing of its copies gets out.

use core::cell::{Cell, RefCell};
use percpu::*;

define_per_cpu! {
    static VALUE: Cell<u64> = Cell::new(0);
}

pub fn f(dead: &DeadCpu, leaked: &RefCell<Option<&'static Cell<u64>>>) {
    //~ E0521 | lifetime may not live long enough
    //@ drop((leaked, VALUE.dead_cpu_ptr(dead).get()));
    leaked.replace(Some(VALUE.dead_cpu_ptr(dead)));
}
