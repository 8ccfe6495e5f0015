// SPDX-License-Identifier: GPL-2.0

//! Nor is it swapped for another.

use kernel::prelude::*;
use percpu::*;

pub fn f() -> Result {
    let mut first = PercpuCounter::new(0, GFP_KERNEL)?;
    let mut second = PercpuCounter::new(0, GFP_KERNEL)?;
    //~ E0596
    //@ core::mem::swap(&mut first, &mut second);
    core::mem::swap(&mut *first, &mut *second);
    drop((first, second));
    Ok(())
}
