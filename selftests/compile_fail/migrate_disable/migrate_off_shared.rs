// SPDX-License-Identifier: GPL-2.0

//! Rule 6, and Asterinas #3891: a guard that another task borrows proves nothing about its CPU.

use percpu::*;

fn share<T: Sync>(_: &T) {}

pub fn f() {
    migrate_disable(|cpu| {
        //~ E0277
        //@ share(&cpu.cpu());
        share(cpu);
    });
}
