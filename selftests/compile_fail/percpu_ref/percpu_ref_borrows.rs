// SPDX-License-Identifier: GPL-2.0

//! RCU may call back after who made it is gone, if he forgot it: so it borrows nothing.

use kernel::prelude::*;
use percpu::*;

pub struct Borrows<'a>(pub &'a u64);

//~ E0478 | E0495 | E0803
//@ impl PercpuRefOps for Borrows<'static> {
impl<'a> PercpuRefOps for Borrows<'a> {
    fn release(&self) {}
}

pub fn f() -> Result {
    drop(PercpuRef::new(
        Borrows(&0),
        PercpuRefInit::Percpu,
        GFP_KERNEL,
    )?);
    Ok(())
}
