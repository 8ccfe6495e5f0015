// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a `Scalar` holds what one instruction can change; zero is no reference, and not every
//! address is one.

use percpu::*;

define_per_cpu! {
    //~ E0277
    //@ pub static VALUE: Scalar<u32> = Scalar::new(0);
    pub static VALUE: Scalar<&'static u8> = Scalar::new(&0);
}
