// SPDX-License-Identifier: GPL-2.0

//! That a CPU is dead is known from the kernel alone.

use percpu::*;

pub fn f(cpu: PossibleCpu) -> u32 {
    let _task = kernel::types::NotThreadSafe;
    //~ E0451
    //@ let dead = cpu;
    let dead = DeadCpu { cpu, _task };
    let _ = dead;
    cpu.as_u32()
}
