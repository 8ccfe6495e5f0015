// SPDX-License-Identifier: GPL-2.0

//! Rule 1: nor that its second is.

use core::mem::transmute;
use percpu::*;

pub struct Stats<const N: u64> {
    pub hits: Scalar<u64>,
}

pub fn f(stats: &PerCpuBox<Stats<1>>) {
    //~ E0133
    //@ field!(*stats, Stats<{ 1 }>, hits).this_cpu_inc();
    field!(*stats, Stats<{ transmute(1u64) }>, hits).this_cpu_inc();
}
