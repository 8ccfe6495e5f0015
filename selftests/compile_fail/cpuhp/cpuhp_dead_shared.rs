// SPDX-License-Identifier: GPL-2.0

//! The proof stays in the task that it was given to.

use percpu::*;

pub fn f(dead: &DeadCpu) {
    let cpu = dead.cpu();
    //~ E0277
    //@ on_each_cpu(|_| drop(cpu));
    on_each_cpu(|_| drop(dead.cpu()));
    drop(cpu);
}
