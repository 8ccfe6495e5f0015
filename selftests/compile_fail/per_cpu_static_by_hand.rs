// SPDX-License-Identifier: GPL-2.0

//! What the macros expand to believes what it is told of its storage, so it takes `unsafe`.

use percpu::*;

define_per_cpu! {
    pub static COUNT: Scalar<u64> = Scalar::new(0);
}

//~ no rules expected
//@
percpu::__per_cpu_static! { pub NUMBER: &'static u64, { static NUMBER: u64 = 0x1234; } }
