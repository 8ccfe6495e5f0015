// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a field lies in the variable, not in what that points at.

use kernel::sync::Arc;
use percpu::*;

pub struct Stats {
    pub hits: Scalar<u64>,
}

pub fn f(stats: &PerCpuBox<Arc<Stats>>) {
    //~ E0271 | E0308
    //@ stats.get_cpu_var(|_| ());
    field!(*stats, Stats, hits).this_cpu_inc();
}
