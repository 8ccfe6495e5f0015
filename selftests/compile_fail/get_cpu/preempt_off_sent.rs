// SPDX-License-Identifier: GPL-2.0

//! Rule 6: preemption goes on again in the task where it went off.

use percpu::*;

fn spawn<T: Send>(_: T) {}

pub fn f() {
    get_cpu(|cpu| {
        //~ E0277
        //@ spawn(cpu.cpu());
        spawn(cpu);
    });
}
