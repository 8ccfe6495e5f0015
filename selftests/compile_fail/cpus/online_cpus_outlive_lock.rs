// SPDX-License-Identifier: GPL-2.0

//! Rule 6: the online CPUs are known only while none can come or go.

use percpu::*;

pub fn f() -> usize {
    //~ lifetime may not live long enough
    //@ cpus_read_lock(|cpus| cpus.online_cpus().count())
    cpus_read_lock(|cpus| cpus.online_cpus()).count()
}
