// SPDX-License-Identifier: GPL-2.0

//! A copy of a guard would release what the first one still lends.

use percpu::*;

define_per_cpu! {
    static VALUE: LocalLock<[u64; 1]> = new_local_lock!([0]);
}

pub fn f() {
    let guard = VALUE.local_lock();
    //~ E0308
    //@ let copy: [u64; 1] = guard.clone();
    let copy: LocalLockGuard<'_, [u64; 1]> = guard.clone();
    drop(copy);
}
