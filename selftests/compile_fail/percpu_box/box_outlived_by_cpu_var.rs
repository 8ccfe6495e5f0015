// SPDX-License-Identifier: GPL-2.0

//! Rule 8: nor does what `get_cpu_var` returns.

use percpu::*;

pub fn f(values: PerCpuBox<u64>) -> u64 {
    let copy = values.get_cpu_var();
    //~ E0505
    //@
    drop(values);
    *copy
}
