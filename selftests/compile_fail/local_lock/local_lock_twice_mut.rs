// SPDX-License-Identifier: GPL-2.0

//! A lock lends one `&mut`, not two.

use percpu::*;

define_per_cpu! {
    static VALUE: LocalLock<u64> = new_local_lock!(0);
}

pub fn f() {
    VALUE.local_lock(|value| {
        let first = &mut *value;
        //~ E0499
        //@ let second = &mut 0;
        let second = &mut *value;
        core::mem::swap(first, second);
    });
}
