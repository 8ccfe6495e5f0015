// SPDX-License-Identifier: GPL-2.0

//! Attributes of counts: as those of the structure.

use percpu::*;

u64_stats! {
    pub struct Counts {
        //~ a per-CPU variable, or a structure of counts
        //@ #[allow(dead_code)]
        #[must_use]
        pub packets: u64,
    }
}
