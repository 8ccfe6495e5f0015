// SPDX-License-Identifier: GPL-2.0

//! Hotplug: nor after CPUs may come and go again.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() {
    let cpus = cpus_read_lock();
    HITS.drain(&cpus);
    drop(cpus);
    //~ E0382
    //@
    HITS.drain(&cpus);
}
