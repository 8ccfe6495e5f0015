// SPDX-License-Identifier: GPL-2.0

//! Rule 4: no `&mut` to the copy of another CPU.

use percpu::*;

define_per_cpu! {
    static VALUE: u64 = 0;
}

pub fn f() {
    for (_, copy) in VALUE.iter() {
        //~ E0594
        //@ let _ = *copy;
        *copy = 1;
    }
}
