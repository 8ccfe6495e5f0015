// SPDX-License-Identifier: GPL-2.0

//! `unsafe`: nor is the word put together.

use kernel::macros::paste;

//~ no rules expected
//@
paste! { percpu::declare_per_cpu! { pub [<un safe>] static this_cpu_off: &'static u64; } }
