// SPDX-License-Identifier: GPL-2.0

//! Attributes: nor in the way that newer editions write it.

use percpu::*;

define_per_cpu! {
    //~ a per-CPU variable, or a structure of counts
    //@ #[allow(dead_code)]
    #[unsafe(no_mangle)]
    pub static COUNT: Scalar<u64> = Scalar::new(7);
}
