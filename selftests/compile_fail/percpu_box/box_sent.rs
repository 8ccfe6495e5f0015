// SPDX-License-Identifier: GPL-2.0

//! Rule 5, and Asterinas #2116: a box of what is not `Send` stays with its task.

use core::cell::Cell;
use percpu::*;

fn spawn<T: Send>(_: T) {}

pub fn f(last: PerCpuBox<Cell<*const u8>>) {
    //~ E0277
    //@ drop(last);
    spawn(last);
}
