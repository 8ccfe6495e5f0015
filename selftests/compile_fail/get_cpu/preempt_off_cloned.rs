// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a guard is lent; a copy could be kept.

use percpu::*;

pub fn f() {
    get_cpu(|cpu| {
        //~ E0308
        //@
        let _: PreemptOff = cpu.clone();
    });
}
