// SPDX-License-Identifier: GPL-2.0

//! Rule 7: any number is not a CPU.

use kernel::cpu::CpuId;
use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f(cpu: u32) -> Option<u64> {
    //~ E0308
    //@ Some(HITS.per_cpu(PossibleCpu::new(CpuId::from_u32(cpu)?)?))
    Some(HITS.per_cpu(cpu))
}
