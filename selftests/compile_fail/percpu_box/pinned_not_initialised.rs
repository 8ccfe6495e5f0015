// SPDX-License-Identifier: GPL-2.0

//! Rule 8: an initialiser is not a value yet.

use kernel::{alloc::flags::GFP_KERNEL, alloc::AllocError, new_mutex, sync::Mutex};
use percpu::*;

pub fn f() -> Result<(), AllocError> {
    //~ E0271 | E0308
    //@ let items: PerCpuBox<u64> = PerCpuBox::new_with(|_| 0, GFP_KERNEL)?;
    let items: PerCpuBox<Mutex<u64>> = PerCpuBox::new_with(|_| new_mutex!(0), GFP_KERNEL)?;
    drop(items);
    Ok(())
}
