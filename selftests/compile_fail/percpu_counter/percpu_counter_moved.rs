// SPDX-License-Identifier: GPL-2.0

//! A counter is in the kernel's list, so it stays where it is.

use kernel::prelude::*;
use percpu::*;

pub fn f() -> Result {
    let counter = PercpuCounter::new(0, GFP_KERNEL)?;
    //~ E0507
    //@ let moved: PercpuCounterBox = counter;
    let moved: PercpuCounter = *counter;
    drop(moved);
    Ok(())
}
