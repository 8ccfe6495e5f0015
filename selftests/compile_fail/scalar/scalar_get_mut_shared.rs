// SPDX-License-Identifier: GPL-2.0

//! Rule 1: the value itself is for whoever owns the copy.

use percpu::*;

pub fn f(hits: &PerCpuBox<Scalar<u64>>, cpu: PossibleCpu) -> u64 {
    //~ E0596
    //@ hits.per_cpu(cpu)
    *hits.per_cpu_ptr(cpu).get_mut()
}
