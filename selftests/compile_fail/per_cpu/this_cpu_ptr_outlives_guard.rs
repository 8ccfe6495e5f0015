// SPDX-License-Identifier: GPL-2.0

//! Rule 6: what a guard hands out does not outlive it.

use percpu::*;

define_per_cpu! {
    static VALUE: u64 = 0;
}

pub fn f() -> u64 {
    //~ lifetime may not live long enough
    //@ let copy = &get_cpu(|cpu| *VALUE.this_cpu_ptr(cpu));
    let copy = get_cpu(|cpu| VALUE.this_cpu_ptr(cpu));
    *copy
}
