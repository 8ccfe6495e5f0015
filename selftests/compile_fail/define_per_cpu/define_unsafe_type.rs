// SPDX-License-Identifier: GPL-2.0

//! Rule 1: nor that its type is.

use core::num::NonZero;
use percpu::*;

define_per_cpu! {
    //~ E0133
    //@ pub static VALUE: [u8; NonZero::<usize>::MIN.get()] = [0];
    pub static VALUE: [u8; NonZero::new_unchecked(1usize).get()] = [0];
}
