// SPDX-License-Identifier: GPL-2.0

//! Counts are read and written as the words that they are, so they are aligned like those.

use percpu::*;

u64_stats! {
    //~ E0080
    //@
    #[repr(packed)]
    pub struct Traffic {
        pub packets: u64,
        pub bytes: u64,
    }
}
