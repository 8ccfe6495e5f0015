// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a `PreemptGuard` comes from `get_cpu()` only.

use kernel::types::NotThreadSafe;
use percpu::*;

pub fn f() -> PreemptGuard {
    //~ E0423
    //@ get_cpu()
    PreemptGuard(NotThreadSafe)
}
