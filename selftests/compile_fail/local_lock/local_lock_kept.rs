// SPDX-License-Identifier: GPL-2.0

//! What a lock lends is not kept.

use percpu::*;

define_per_cpu! {
    static VALUE: LocalLock<u64> = new_local_lock!(0);
}

pub fn f() {
    let mut kept = None;
    VALUE.local_lock(|value| {
        //~ E0521
        //@ kept = Some(*value);
        kept = Some(value);
    });
    let _ = kept;
}
