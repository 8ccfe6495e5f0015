// SPDX-License-Identifier: GPL-2.0

//! `get_mut` is for who owns the copy.

use percpu::*;

define_per_cpu! {
    static VALUE: LocalLock<u64> = new_local_lock!(0);
}

pub fn f() {
    //~ E0596
    //@ irqs_off(|_| VALUE.local_lock(|value| *value = 1));
    irqs_off(|irqs| *VALUE.this_cpu_local(irqs).get_mut() = 1);
}
