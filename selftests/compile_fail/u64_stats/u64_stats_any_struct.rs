// SPDX-License-Identifier: GPL-2.0

//! Only structures of counts are read bit by bit.

use percpu::*;

#[derive(Clone, Copy)]
pub struct Any {
    pub sound: bool,
}

u64_stats! {
    pub struct Counts {
        pub sound: u64,
    }
}

define_per_cpu! {
    //~ E0277
    //@ pub static VALUE: U64Stats<Counts> = U64Stats::new();
    pub static VALUE: U64Stats<Any> = U64Stats::new();
}
