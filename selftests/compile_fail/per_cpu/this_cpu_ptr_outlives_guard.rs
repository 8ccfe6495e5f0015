// SPDX-License-Identifier: GPL-2.0

//! Rule 6: what a guard hands out does not outlive it.

use percpu::*;

define_per_cpu! {
    static VALUE: u64 = 0;
}

pub fn f() -> u64 {
    let guard = get_cpu();
    let copy = VALUE.this_cpu_ptr(&guard);
    //~ E0505
    //@
    drop(guard);
    *copy
}
