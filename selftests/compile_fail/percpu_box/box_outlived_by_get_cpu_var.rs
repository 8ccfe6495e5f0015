// SPDX-License-Identifier: GPL-2.0

//! Rule 8: nor does what `get_cpu_var` lends.

use percpu::*;

pub fn f(values: PerCpuBox<u64>) -> u64 {
    values.get_cpu_var(|copy| {
        //~ E0505
        //@
        drop(values);
        *copy
    })
}
