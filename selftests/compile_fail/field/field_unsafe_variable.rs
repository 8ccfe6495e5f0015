// SPDX-License-Identifier: GPL-2.0

//! Rule 1: `field!` does not hide that its first argument is unsafe.

use percpu::*;

pub struct Stats {
    pub hits: Scalar<u64>,
}

pub fn f(stats: &[PerCpuBox<Stats>]) {
    //~ E0133
    //@ field!(stats[0], Stats, hits).this_cpu_inc();
    field!(*stats.get_unchecked(0), Stats, hits).this_cpu_inc();
}
