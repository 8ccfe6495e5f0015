// SPDX-License-Identifier: GPL-2.0

//! References: one does not outlive its variable.

use percpu::*;

pub fn f(hits: PerCpuBox<Scalar<u64>>) {
    let hit = hits.to_ref();
    //~ E0505
    //@
    drop(hits);
    hit.this_cpu_inc();
}
