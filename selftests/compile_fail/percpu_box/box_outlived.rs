// SPDX-License-Identifier: GPL-2.0

//! Rule 8: a reference to a copy does not outlive the box.

use percpu::*;

pub fn f(values: PerCpuBox<u64>) -> u64 {
    get_cpu(|cpu| {
        let copy = values.this_cpu_ptr(cpu);
        //~ E0505
        //@
        drop(values);
        *copy
    })
}
