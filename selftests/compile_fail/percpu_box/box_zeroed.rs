// SPDX-License-Identifier: GPL-2.0

//! Rule 8: zeroed memory is a value of some types only.

use kernel::alloc::{flags::GFP_KERNEL, AllocError};
use percpu::*;

pub fn f() -> Result<(), AllocError> {
    //~ E0277
    //@ let values = PerCpuBox::<Option<&'static u8>>::zeroed(GFP_KERNEL)?;
    let values = PerCpuBox::<&'static u8>::zeroed(GFP_KERNEL)?;
    drop(values);
    Ok(())
}
