// SPDX-License-Identifier: GPL-2.0

//! Rule 1: `define_per_cpu!` does not hide that its initial value is unsafe.

use core::mem;
use percpu::*;

define_per_cpu! {
    //~ E0133
    //@ pub static VALUE: bool = mem::size_of::<u8>() == 1;
    pub static VALUE: bool = mem::transmute(1u8);
}
