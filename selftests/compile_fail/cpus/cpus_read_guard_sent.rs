// SPDX-License-Identifier: GPL-2.0

//! Rule 6: the hotplug lock is released by the task that took it.

use percpu::*;

fn spawn<T: Send>(_: T) {}

pub fn f() {
    //~ E0277
    //@ drop(cpus_read_lock());
    spawn(cpus_read_lock());
}
