// SPDX-License-Identifier: GPL-2.0

//! The proof that interrupts are off there stays there.

use kernel::cpu::CpuId;
use percpu::*;

pub fn f(cpu: CpuId) {
    //~ lifetime may not live long enough | E0277
    //@ let _ = smp_call_function_single(cpu, |irqs| irqs.cpu().as_u32());
    let _ = smp_call_function_single(cpu, |irqs| irqs);
}
