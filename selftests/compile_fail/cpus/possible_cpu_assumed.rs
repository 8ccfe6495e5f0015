// SPDX-License-Identifier: GPL-2.0

//! Rule 7: or believed.

use kernel::cpu::CpuId;
use percpu::*;

pub fn f(cpu: CpuId) -> Option<PossibleCpu> {
    //~ E0133
    //@ PossibleCpu::new(cpu)
    Some(PossibleCpu::new_unchecked(cpu))
}
