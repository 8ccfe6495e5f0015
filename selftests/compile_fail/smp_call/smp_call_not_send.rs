// SPDX-License-Identifier: GPL-2.0

//! What is lent to another CPU may be.

use core::cell::Cell;
use kernel::cpu::CpuId;
use percpu::*;

pub fn f(cpu: CpuId) {
    let value = Cell::new(0u64);
    let number = value.get();
    //~ E0277
    //@ let _ = smp_call_function_single(cpu, |_| drop(number));
    let _ = smp_call_function_single(cpu, |_| value.set(1));
    drop((value, number));
}
