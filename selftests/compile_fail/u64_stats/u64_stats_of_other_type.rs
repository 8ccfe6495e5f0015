// SPDX-License-Identifier: GPL-2.0

//! Counts have the width that readers take them for.

use percpu::*;

u64_stats! {
    pub struct Traffic {
        pub packets: u64,
        //~ no rules expected
        //@ pub bytes: u64,
        pub bytes: u32,
    }
}
