// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a `Scalar` holds what one instruction can change; no instruction adds a float, and the
//! kernel has no use for one.

use percpu::*;

define_per_cpu! {
    //~ E0277
    //@ pub static VALUE: Scalar<u32> = Scalar::new(0);
    pub static VALUE: Scalar<f64> = Scalar::new(0.0);
}
