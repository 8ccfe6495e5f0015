// SPDX-License-Identifier: GPL-2.0

//! Attributes: a declared variable is the symbol of its own name.

use percpu::*;

define_per_cpu! {
    pub static COUNT: Scalar<u64> = Scalar::new(0);
}

//~ a per-CPU variable, or a structure of counts
//@
declare_per_cpu! { #[link_name = "jiffies"] pub static TICKS: Scalar<u64> = loop {}; }
