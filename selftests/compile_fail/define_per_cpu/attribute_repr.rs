// SPDX-License-Identifier: GPL-2.0

//! Attributes: a layout belongs to the type.

use percpu::*;

define_per_cpu! {
    //~ a per-CPU variable, or a structure of counts
    //@ #[allow(dead_code)]
    #[repr(C, align(64))]
    pub static COUNT: Scalar<u64> = Scalar::new(7);
}
