// SPDX-License-Identifier: GPL-2.0

//! Rule 4, and ArceOS, Theseus and hvisor: no `&mut` under a guard, of which there can be two.

use percpu::*;

define_per_cpu! {
    static VALUES: [u64; 4] = [0; 4];
}

pub fn f() {
    VALUES.get_cpu_var(|values| {
        //~ E0596
        //@ let _: &u64 = &values[0];
        let _: &mut u64 = &mut values[0];
    });
}
