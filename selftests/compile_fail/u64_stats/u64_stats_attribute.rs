// SPDX-License-Identifier: GPL-2.0

//! Attributes: nothing is made of the structure but what the macro makes.

use percpu::*;

u64_stats! {
    //~ a per-CPU variable, or a structure of counts
    //@ #[allow(dead_code)]
    #[non_exhaustive]
    pub struct Counts {
        pub packets: u64,
    }
}
