// SPDX-License-Identifier: GPL-2.0

//! Rule 6: what `get_cpu_var` hands out does not outlive the call.

use percpu::*;

define_per_cpu! {
    static VALUE: u64 = 0;
}

pub fn f() {
    let mut kept = None;
    VALUE.get_cpu_var(|value| {
        //~ E0521
        //@ kept = Some(*value);
        kept = Some(value);
    });
    let _ = kept;
}
