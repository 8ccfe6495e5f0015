// SPDX-License-Identifier: GPL-2.0

//! What one CPU has locked is not lent to others.

use percpu::*;

define_per_cpu! {
    static VALUE: LocalLock<u64> = new_local_lock!(0);
}

pub fn f() {
    let guard = VALUE.local_lock();
    let value = *guard;
    //~ E0277
    //@ on_each_cpu(|_| drop(value));
    on_each_cpu(|_| drop(*guard));
    drop((guard, value));
}
