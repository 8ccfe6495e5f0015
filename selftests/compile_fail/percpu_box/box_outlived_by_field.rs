// SPDX-License-Identifier: GPL-2.0

//! Rule 8: a field does not outlive the box.

use percpu::*;

pub struct Stats {
    pub hits: Scalar<u64>,
}

pub fn f(stats: PerCpuBox<Stats>) {
    let hits = field!(stats, Stats, hits);
    //~ E0505
    //@
    drop(stats);
    hits.this_cpu_inc();
}
