// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a private field stays private.

use percpu::*;

mod stats {
    use percpu::*;

    pub struct Stats {
        hits: Scalar<u64>,
        pub misses: Scalar<u64>,
    }
}
use stats::Stats;

pub fn f(stats: &PerCpuBox<Stats>) {
    //~ E0616 | E0451
    //@ field!(*stats, Stats, misses).this_cpu_inc();
    field!(*stats, Stats, hits).this_cpu_inc();
}
