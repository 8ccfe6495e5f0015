// SPDX-License-Identifier: GPL-2.0

//! `unsafe`: the value alone is no promise.

use percpu::*;

//~ E0308
//@
export_per_cpu_symbol! { pub static memcpy: Scalar<u64> = Scalar::new(0); }
