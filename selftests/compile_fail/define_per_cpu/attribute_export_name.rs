// SPDX-License-Identifier: GPL-2.0

//! Attributes: a variable cannot take over a symbol by another name.

use percpu::*;

define_per_cpu! {
    //~ a per-CPU variable, or a structure of counts
    //@ #[allow(dead_code)]
    #[export_name = "__per_cpu_offset"]
    pub static COUNT: Scalar<u64> = Scalar::new(7);
}
