// SPDX-License-Identifier: GPL-2.0

//! The allocator takes no size of zero.

use kernel::prelude::*;
use percpu::*;

pub fn f() -> Result {
    //~ E0080
    //@ let none = PercpuCounter::new_many::<1>(0, GFP_KERNEL)?;
    let none = PercpuCounter::new_many::<0>(0, GFP_KERNEL)?;
    drop(none);
    Ok(())
}
