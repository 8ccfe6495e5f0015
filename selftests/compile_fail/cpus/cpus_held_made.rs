// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a `CpusHeld` comes from `cpus_read_lock` only.

use kernel::types::NotThreadSafe;
use percpu::*;

pub fn f() -> usize {
    //~ E0423
    //@ cpus_read_lock(|cpus| cpus.online_cpus().count())
    CpusHeld(NotThreadSafe).online_cpus().count()
}
