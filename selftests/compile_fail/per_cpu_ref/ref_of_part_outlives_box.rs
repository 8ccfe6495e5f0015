// SPDX-License-Identifier: GPL-2.0

//! References: one to a part does not outlive what the part is in.

use percpu::*;

pub struct Stats {
    bytes: Scalar<u64>,
}

pub fn f(stats: PerCpuBox<Stats>) {
    let bytes = field!(stats, Stats, bytes).into_ref();
    //~ E0505
    //@
    drop(stats);
    bytes.this_cpu_inc();
}
