// SPDX-License-Identifier: GPL-2.0

//! References: what is not `Send` is not reached from another task.

use core::cell::Cell;
use percpu::*;

fn spawn<T: Send>(_: T) {}

pub fn f(last: &PerCpuBox<Cell<*const u8>>) {
    //~ E0277
    //@ let _ = last.to_ref();
    spawn(last.to_ref());
}
