// SPDX-License-Identifier: GPL-2.0

//! What is lent with interrupts off does not get out.

use percpu::*;

define_per_cpu! {
    static VALUE: LocalLock<u64> = new_local_lock!(0);
}

pub fn f() {
    let mut leaked = None;
    //~ E0521
    //@ VALUE.local_lock_irqsave(|value| leaked = Some(*value));
    VALUE.local_lock_irqsave(|value| leaked = Some(value));
    drop(leaked);
}
