// SPDX-License-Identifier: GPL-2.0

//! Rule 7: that a CPU is possible is looked at.

use kernel::cpu::CpuId;
use percpu::*;

pub fn f(cpu: CpuId) -> Option<PossibleCpu> {
    //~ E0423 | E0603
    //@ PossibleCpu::new(cpu)
    Some(PossibleCpu(cpu))
}
