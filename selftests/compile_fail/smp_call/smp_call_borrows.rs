// SPDX-License-Identifier: GPL-2.0

//! Who does not wait lends nothing.

use kernel::prelude::*;
use percpu::*;

pub fn f() -> Result {
    let value = 1u64;
    //~ E0373
    //@ drop(SmpCall::new(move |_| drop(value), GFP_KERNEL)?);
    drop(SmpCall::new(|_| drop(&value), GFP_KERNEL)?);
    Ok(())
}
