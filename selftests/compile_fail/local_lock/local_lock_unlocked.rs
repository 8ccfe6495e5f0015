// SPDX-License-Identifier: GPL-2.0

//! A lock by itself, on whatever CPU, gives nothing away.

use percpu::*;

define_per_cpu! {
    static VALUE: LocalLock<core::cell::Cell<u64>> = new_local_lock!(core::cell::Cell::new(0));
}

pub fn f() -> u64 {
    //~ E0599
    //@ irqs_off(|_| VALUE.local_lock(|value| value.get()))
    irqs_off(|irqs| VALUE.this_cpu_local(irqs).get())
}
