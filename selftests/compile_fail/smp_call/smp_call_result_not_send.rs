// SPDX-License-Identifier: GPL-2.0

//! Nor does anything come back that belongs to a task there.

use kernel::cpu::CpuId;
use percpu::*;

pub fn f(cpu: CpuId) {
    //~ E0277
    //@ let _ = smp_call_on_cpu(cpu, || 0);
    let _ = smp_call_on_cpu(cpu, || kernel::types::NotThreadSafe);
}
