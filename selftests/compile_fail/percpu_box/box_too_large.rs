// SPDX-License-Identifier: GPL-2.0

//! Rule 9: the allocator would warn, and fail.

use kernel::alloc::{flags::GFP_KERNEL, AllocError};
use percpu::*;

pub fn f() -> Result<(), AllocError> {
    //~ E0080
    //@ PerCpuBox::<[u8; MAX_SIZE]>::zeroed(GFP_KERNEL).map(drop)
    PerCpuBox::<[u8; MAX_SIZE + 1]>::zeroed(GFP_KERNEL).map(drop)
}
