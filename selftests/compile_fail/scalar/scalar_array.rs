// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a `Scalar` holds what one instruction can change; an array is not what an instruction
//! works on.

use percpu::*;

define_per_cpu! {
    //~ E0277
    //@ pub static VALUE: Scalar<u32> = Scalar::new(0);
    pub static VALUE: Scalar<[u8; 4]> = Scalar::new([0; 4]);
}
