// SPDX-License-Identifier: GPL-2.0

//! What is added belongs to the structure.

use percpu::*;

u64_stats! {
    pub struct Traffic {
        pub packets: u64,
    }
    pub struct Errors {
        pub short: u64,
        pub long: u64,
    }
}

define_per_cpu! {
    static TRAFFIC: U64Stats<Traffic> = U64Stats::new();
}

pub fn f() {
    //~ E0271 | E0277
    //@ TRAFFIC.u64_stats_add(Traffic::packets(1));
    TRAFFIC.u64_stats_add(Errors::long(1));
}
