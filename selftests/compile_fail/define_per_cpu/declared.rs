// SPDX-License-Identifier: GPL-2.0

//! `unsafe`: that a variable of C's is there takes a promise.

use percpu::*;

//~ E0133
//@
declare_per_cpu! { pub static this_cpu_off: &'static u64 = Declared::new(); }
