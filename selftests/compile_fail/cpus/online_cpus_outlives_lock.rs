// SPDX-License-Identifier: GPL-2.0

//! Rule 6: the online CPUs are known only while none can come or go.

use percpu::*;

pub fn f() -> usize {
    let guard = cpus_read_lock();
    let cpus = guard.online_cpus();
    //~ E0505
    //@
    drop(guard);
    cpus.count()
}
