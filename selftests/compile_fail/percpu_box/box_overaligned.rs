// SPDX-License-Identifier: GPL-2.0

//! Rule 9: the allocator would warn, and fail.

use kernel::alloc::{flags::GFP_KERNEL, AllocError};
use percpu::*;

#[repr(align(4096))]
pub struct Page(pub u8);

#[repr(align(32768))]
pub struct Pages(pub u8);

pub fn f() -> Result<(), AllocError> {
    //~ E0080
    //@ PerCpuBox::new_with(|_| Page(0), GFP_KERNEL).map(drop)
    PerCpuBox::new_with(|_| Pages(0), GFP_KERNEL).map(drop)
}
