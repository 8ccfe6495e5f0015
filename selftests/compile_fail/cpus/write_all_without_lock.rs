// SPDX-License-Identifier: GPL-2.0

//! Hotplug: who writes to all copies holds off CPUs that come and go, and does so once.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f(cpus: &CpusHeld) {
    //~ E0061
    //@ HITS.write_all(cpus, 0);
    HITS.write_all(0);
    HITS.drain(cpus);
}
