// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a `PreemptOff` comes from `get_cpu()` only.

use kernel::types::NotThreadSafe;
use percpu::*;

pub fn f() {
    //~ E0423
    //@ get_cpu(|_| ());
    let _ = PreemptOff(NotThreadSafe);
}
