// SPDX-License-Identifier: GPL-2.0

//! Attributes: a variable's section is that of per-CPU variables.

use percpu::*;

define_per_cpu! {
    //~ a per-CPU variable, or a structure of counts
    //@ #[allow(dead_code)]
    #[link_section = ".text"]
    pub static COUNT: Scalar<u64> = Scalar::new(7);
}
