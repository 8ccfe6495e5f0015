// SPDX-License-Identifier: GPL-2.0

//! Rule 13: what names the variable is not to be followed.

use percpu::*;

define_per_cpu! {
    static VALUE: u64 = 0;
}

pub fn f() -> u64 {
    //~ E0133
    //@ VALUE.get_cpu_var(|value| *value)
    *VALUE.as_ptr()
}
