// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a `Scalar` holds what one instruction can change; not every bit pattern is a `char`.

use percpu::*;

define_per_cpu! {
    //~ E0277
    //@ pub static VALUE: Scalar<u32> = Scalar::new(0);
    pub static VALUE: Scalar<char> = Scalar::new('x');
}
