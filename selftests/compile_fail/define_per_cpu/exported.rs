// SPDX-License-Identifier: GPL-2.0

//! `unsafe`: that a symbol is nobody else's takes a promise.

use percpu::*;

//~ E0133
//@
export_per_cpu_symbol! { pub static memcpy: Scalar<u64> = Exported::new(Scalar::new(0)); }
