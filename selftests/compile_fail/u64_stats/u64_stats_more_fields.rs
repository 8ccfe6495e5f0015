// SPDX-License-Identifier: GPL-2.0

//! A structure with room for more than its counts has bytes that are none.

use percpu::*;

u64_stats! {
    //~ a per-CPU variable, or a structure of counts
    //@
    #[repr(align(32))]
    pub struct Traffic {
        pub packets: u64,
    }
}
