// SPDX-License-Identifier: GPL-2.0

//! The memory stays as long as one of its locks is held.

use kernel::prelude::*;
use percpu::*;

pub fn f() -> Result {
    let boxed = PerCpuBox::new_with(|_| new_local_lock!(0u64), GFP_KERNEL)?;
    //~ E0505
    //@ boxed.local_lock(|_| ());
    boxed.local_lock(|_| drop(boxed));
    Ok(())
}
