// SPDX-License-Identifier: GPL-2.0

//! Rule 5: a value that one task puts into a copy is taken out by another.

use core::{cell::Cell, ptr};
use percpu::*;

define_per_cpu! {
    //~ E0277
    //@ pub static LAST: Scalar<*const u8> = Scalar::new(ptr::null());
    pub static LAST: Cell<*const u8> = Cell::new(ptr::null());
}
