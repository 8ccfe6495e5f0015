// SPDX-License-Identifier: GPL-2.0

//! The lock is released where it was taken.

use percpu::*;

fn spawn<T: Send>(_: T) {}

define_per_cpu! {
    static VALUE: LocalLock<u64> = new_local_lock!(0);
}

pub fn f() {
    //~ E0277
    //@ spawn(*VALUE.local_lock());
    spawn(VALUE.local_lock());
}
