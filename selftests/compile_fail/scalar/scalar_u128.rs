// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a `Scalar` holds what one instruction can change; no single instruction reads or writes
//! 16 bytes.

use percpu::*;

define_per_cpu! {
    //~ E0277
    //@ pub static VALUE: Scalar<u32> = Scalar::new(0);
    pub static VALUE: Scalar<u128> = Scalar::new(0);
}
