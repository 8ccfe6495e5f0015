// SPDX-License-Identifier: GPL-2.0

//! What a guard lends ends with it.

use percpu::*;

define_per_cpu! {
    static VALUE: LocalLock<u64> = new_local_lock!(0);
}

pub fn f() {
    let mut guard = VALUE.local_lock();
    let value = &mut *guard;
    //~ E0505
    //@ *value += 1;
    drop(guard);
    *value += 1;
}
