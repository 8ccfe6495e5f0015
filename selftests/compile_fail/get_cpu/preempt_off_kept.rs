// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a guard is lent, and so cannot be collected until the kernel's count of them overflows.

use percpu::*;

pub fn f() {
    let mut kept = None;
    get_cpu(|cpu| {
        //~ E0521
        //@ kept = Some(cpu.cpu());
        kept = Some(cpu);
    });
    let _ = kept;
}
