// SPDX-License-Identifier: GPL-2.0

//! Rule 7: a CPU that is not possible has no copy to refer to.

use kernel::cpu::CpuId;
use percpu::*;

define_per_cpu! {
    static VALUE: u64 = 0;
}

pub fn f(cpu: CpuId) -> u64 {
    //~ E0308
    //@ PossibleCpu::new(cpu).map_or(0, |cpu| *VALUE.per_cpu_ptr(cpu))
    *VALUE.per_cpu_ptr(cpu)
}
