// SPDX-License-Identifier: GPL-2.0

//! Rule 6: migration goes on again in the task where it went off.

use percpu::*;

fn spawn<T: Send>(_: T) {}

pub fn f() {
    migrate_disable(|cpu| {
        //~ E0277
        //@ spawn(cpu.cpu());
        spawn(cpu);
    });
}
