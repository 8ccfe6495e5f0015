// SPDX-License-Identifier: GPL-2.0

//! Attributes: nothing is made besides what the macro makes.

use percpu::*;

define_per_cpu! {
    //~ a per-CPU variable, or a structure of counts
    //@ #[allow(dead_code)]
    #[derive(Default)]
    pub static COUNT: Scalar<u64> = Scalar::new(7);
}
