// SPDX-License-Identifier: GPL-2.0

//! Callbacks that are forgotten are called for ever: so they borrow nothing.

use percpu::*;

pub struct Borrows<'a>(pub &'a u64);

//~ E0478 | E0495 | E0803
//@ impl CpuHotplug for Borrows<'static> {}
impl<'a> CpuHotplug for Borrows<'a> {}
