// SPDX-License-Identifier: GPL-2.0

//! Exclusive access: one copy at a time, or all by `iter_mut`.

use percpu::*;

pub fn f(mut values: PerCpuBox<u64>, cpu: PossibleCpu) {
    let first = values.get_mut(cpu);
    //~ E0499
    //@
    let second = values.get_mut(cpu);
    drop(first);
}
