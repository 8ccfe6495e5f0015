// SPDX-License-Identifier: GPL-2.0

//! Rule 4: no `&mut` to a copy, which others share.

use percpu::*;

define_per_cpu! {
    static VALUES: [u64; 4] = [0; 4];
}

pub fn f() {
    let guard = get_cpu();
    //~ E0594
    //@ let _ = VALUES.this_cpu_ptr(&guard)[0];
    VALUES.this_cpu_ptr(&guard)[0] = 1;
}
