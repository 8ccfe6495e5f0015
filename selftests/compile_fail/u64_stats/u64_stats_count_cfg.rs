// SPDX-License-Identifier: GPL-2.0

//! A count is there or not there together with its structure.

use percpu::*;

u64_stats! {
    pub struct Counts {
        //~ a count takes the attributes `doc`, `allow` and `deprecated`, not `cfg`
        //@ #[allow(dead_code)]
        #[cfg(CONFIG_SMP)]
        pub packets: u64,
    }
}
