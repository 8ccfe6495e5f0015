// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a `CpusReadGuard` comes from `cpus_read_lock()` only.

use kernel::types::NotThreadSafe;
use percpu::*;

pub fn f() -> CpusReadGuard {
    //~ E0423
    //@ cpus_read_lock()
    CpusReadGuard(NotThreadSafe)
}
