// SPDX-License-Identifier: GPL-2.0

//! What a counted pointer lends ends with it.

use kernel::prelude::*;
use percpu::*;

pub fn f() -> Result {
    let owner = PercpuArc::new([0u64; 4], GFP_KERNEL)?;
    let user = owner.get();
    let value = &user[0];
    //~ E0505
    //@ drop(owner);
    drop(user);
    let _ = { value };
    Ok(())
}
