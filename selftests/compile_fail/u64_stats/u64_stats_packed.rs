// SPDX-License-Identifier: GPL-2.0

//! Counts are read and written as the words that they are, so they are aligned like those.

use percpu::*;

u64_stats! {
    //~ a per-CPU variable, or a structure of counts
    //@
    #[repr(packed)]
    pub struct Traffic {
        pub packets: u64,
        pub bytes: u64,
    }
}
