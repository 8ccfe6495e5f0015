// SPDX-License-Identifier: GPL-2.0

//! Rule 6: what runs on all CPUs at once shares only what is `Sync`.

use core::cell::Cell;
use percpu::*;

pub fn f() {
    let calls = Cell::new(0);
    //~ E0277
    //@ calls.set(possible_cpus().count());
    on_each_cpu(|_| calls.set(calls.get() + 1));
}
