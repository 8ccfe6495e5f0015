// SPDX-License-Identifier: GPL-2.0

//! Rule 7: a CPU that is not possible has no copy to read.

use kernel::cpu::CpuId;
use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f(cpu: CpuId) -> u64 {
    //~ E0308
    //@ PossibleCpu::new(cpu).map_or(0, |cpu| HITS.per_cpu(cpu))
    HITS.per_cpu(cpu)
}
