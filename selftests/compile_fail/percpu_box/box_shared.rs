// SPDX-License-Identifier: GPL-2.0

//! Rule 5, and Asterinas #2116: a box is shared only if its contents are `Send`: by `&` alone a
//! value moves to another task.

use core::cell::Cell;
use percpu::*;

fn share<T: Sync>(_: &T) {}

pub fn f(last: &PerCpuBox<Cell<*const u8>>) {
    //~ E0277
    //@ let _ = last;
    share(last);
}
