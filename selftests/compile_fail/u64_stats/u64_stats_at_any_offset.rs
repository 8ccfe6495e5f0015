// SPDX-License-Identifier: GPL-2.0

//! There is nothing to be added to behind the structure.

use percpu::*;

u64_stats! {
    pub struct Traffic {
        pub packets: u64,
    }
}

define_per_cpu! {
    static TRAFFIC: U64Stats<Traffic> = U64Stats::new();
}

pub fn f() {
    //~ E0080
    //@ TRAFFIC.u64_stats_add(More::<Traffic, 0>::__new(1));
    TRAFFIC.u64_stats_add(More::<Traffic, 8>::__new(1));
}
