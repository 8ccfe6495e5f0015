// SPDX-License-Identifier: GPL-2.0

//! Rule 6: that no CPU comes or goes is lent, so that it cannot be forgotten.

use percpu::*;

pub fn f() {
    //~ lifetime may not live long enough
    //@ cpus_read_lock(|_| ());
    core::mem::forget(cpus_read_lock(|cpus| cpus));
}
