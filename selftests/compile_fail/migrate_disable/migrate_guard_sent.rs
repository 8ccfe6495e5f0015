// SPDX-License-Identifier: GPL-2.0

//! Rule 6: migration goes on again in the task where it went off.

use percpu::*;

fn spawn<T: Send>(_: T) {}

pub fn f() {
    //~ E0277
    //@ spawn(migrate_disable().cpu());
    spawn(migrate_disable());
}
