// SPDX-License-Identifier: GPL-2.0

//! `unsafe`: a block that is put together is one, and is refused where unsafe code is.

use kernel::macros::paste;
use percpu::*;

//~ unsafe_code
//@
paste! { declare_per_cpu! { pub static this_cpu_off: &'static u64 = [<un safe>] { Declared::new() }; } }
