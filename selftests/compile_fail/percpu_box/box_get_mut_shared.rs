// SPDX-License-Identifier: GPL-2.0

//! Exclusive access: not by a reference that is shared.

use percpu::*;

pub fn f(values: &PerCpuBox<u64>, cpu: PossibleCpu) {
    //~ E0596
    //@ let _ = values.per_cpu_ptr(cpu);
    let _ = values.get_mut(cpu);
}
