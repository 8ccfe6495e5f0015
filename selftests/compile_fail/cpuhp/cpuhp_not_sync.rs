// SPDX-License-Identifier: GPL-2.0

//! Callbacks run on all CPUs.

use core::cell::Cell;
use percpu::*;

pub struct Counts(pub u64);
pub struct Cells(pub Cell<u64>);

//~ E0277
//@ impl CpuHotplug for Counts {}
impl CpuHotplug for Cells {}
