// SPDX-License-Identifier: GPL-2.0

//! Whoever has a counted pointer is one of many.

use kernel::prelude::*;
use percpu::*;

pub fn f() -> Result {
    let owner = PercpuArc::new(0u64, GFP_KERNEL)?;
    let mut user = owner.get();
    //~ E0594
    //@ let _ = *user;
    *user = 1;
    drop((&mut user, owner));
    Ok(())
}
