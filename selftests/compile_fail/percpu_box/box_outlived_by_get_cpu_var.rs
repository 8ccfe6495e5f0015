// SPDX-License-Identifier: GPL-2.0

//! Rule 8: nor does what `get_cpu_var` lends.

use percpu::*;

pub fn f(values: PerCpuBox<u64>) {
    //~ E0505
    //@ values.get_cpu_var(|_| ());
    values.get_cpu_var(|_| drop(values));
}
