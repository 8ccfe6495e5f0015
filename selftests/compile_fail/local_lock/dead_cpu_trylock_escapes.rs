// SPDX-License-Identifier: GPL-2.0

//! A dead CPU's copy does not outlive the closure that it is lent to.

use percpu::*;

define_per_cpu! {
    static LOCK: LocalLock<u64> = new_local_lock!(0);
}

pub fn f(dead: &DeadCpu) {
    //~ lifetime may not live long enough
    //@ LOCK.dead_cpu_trylock(dead, |value| *value = 1);
    LOCK.dead_cpu_trylock(dead, |value| value);
}
