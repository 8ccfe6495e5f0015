// SPDX-License-Identifier: GPL-2.0

//! `unsafe`: the word alone, which no lint sees, is no promise.

use percpu::*;

//~ no rules expected
//@
declare_per_cpu! { pub unsafe static this_cpu_off: &'static u64; }
