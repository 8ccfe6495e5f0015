// SPDX-License-Identifier: GPL-2.0

//! Nor by the result.

use percpu::*;

define_per_cpu! {
    static VALUE: LocalLock<u64> = new_local_lock!(0);
}

pub fn f() {
    //~ lifetime may not live long enough
    //@ let leaked = VALUE.local_trylock_irqsave(|value| *value);
    let leaked = VALUE.local_trylock_irqsave(|value| value);
    drop(leaked);
}
