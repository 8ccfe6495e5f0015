// SPDX-License-Identifier: GPL-2.0

//! A guard lends one `&mut`, not two.

use percpu::*;

define_per_cpu! {
    static VALUE: LocalLock<u64> = new_local_lock!(0);
}

pub fn f() {
    let mut guard = VALUE.local_lock();
    let first = &mut *guard;
    //~ E0499
    //@ let second = &mut 0;
    let second = &mut *guard;
    core::mem::swap(first, second);
}
