// SPDX-License-Identifier: GPL-2.0

//! Hotplug: nor after CPUs may come and go again.

use percpu::*;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

pub fn f() {
    let mut held = None;
    //~ E0521
    //@ cpus_read_lock(|cpus| held = Some(HITS.drain(cpus)));
    cpus_read_lock(|cpus| held = Some(cpus));
    held.take();
}
