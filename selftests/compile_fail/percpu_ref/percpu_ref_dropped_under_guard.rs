// SPDX-License-Identifier: GPL-2.0

//! A guard ends before what it counts.

use kernel::prelude::*;
use percpu::*;

pub struct Nothing;

impl PercpuRefOps for Nothing {
    fn release(&self) {}
}

pub fn f() -> Result {
    let users = PercpuRef::new(Nothing, PercpuRefInit::Percpu, GFP_KERNEL)?;
    let guard = users.tryget_live();
    //~ E0505
    //@ users.kill();
    drop(users);
    drop(guard);
    Ok(())
}
