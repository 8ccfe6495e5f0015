// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a pointer has no bits to set.

use core::ptr;
use percpu::*;

define_per_cpu! {
    static PTR: Scalar<*const u8> = Scalar::new(ptr::null());
}

pub fn f() {
    //~ E0599
    //@ PTR.this_cpu_write(ptr::null());
    PTR.this_cpu_or(ptr::null());
}
