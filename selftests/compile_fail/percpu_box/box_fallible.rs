// SPDX-License-Identifier: GPL-2.0

//! Rule 8: an allocation that fails is an error value.

use kernel::alloc::{flags::GFP_KERNEL, AllocError};
use percpu::*;

pub fn f() -> Result<PerCpuBox<u64>, AllocError> {
    //~ E0308
    //@ let values: PerCpuBox<u64> = PerCpuBox::zeroed(GFP_KERNEL)?;
    let values: PerCpuBox<u64> = PerCpuBox::zeroed(GFP_KERNEL);
    Ok(values)
}
