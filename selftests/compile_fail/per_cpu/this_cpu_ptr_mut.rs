// SPDX-License-Identifier: GPL-2.0

//! Rule 4: no `&mut` to a copy, which others share.

use percpu::*;

define_per_cpu! {
    static VALUES: [u64; 4] = [0; 4];
}

pub fn f() {
    get_cpu(|cpu| {
        //~ E0594
        //@ let _ = VALUES.this_cpu_ptr(cpu)[0];
        VALUES.this_cpu_ptr(cpu)[0] = 1;
    });
}
