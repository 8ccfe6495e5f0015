// SPDX-License-Identifier: GPL-2.0

//! Rule 8: nor does one to the copy of a certain CPU.

use percpu::*;

pub fn f(values: PerCpuBox<u64>, cpu: PossibleCpu) -> u64 {
    let copy = values.per_cpu_ptr(cpu);
    //~ E0505
    //@
    drop(values);
    *copy
}
