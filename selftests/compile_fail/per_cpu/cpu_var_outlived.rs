// SPDX-License-Identifier: GPL-2.0

//! Rule 6: what `get_cpu_var` hands out does not outlive its guard.

use percpu::*;

define_per_cpu! {
    static VALUE: u64 = 0;
}

pub fn f() -> u64 {
    let copy = VALUE.get_cpu_var();
    let value: &u64 = &copy;
    //~ E0505
    //@
    drop(copy);
    *value
}
