// SPDX-License-Identifier: GPL-2.0

//! Attributes: nor does a condition let any through.

use percpu::*;

define_per_cpu! {
    //~ a per-CPU variable, or a structure of counts
    //@ #[allow(dead_code)]
    #[cfg_attr(all(), no_mangle)]
    pub static COUNT: Scalar<u64> = Scalar::new(7);
}
