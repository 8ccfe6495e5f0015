// SPDX-License-Identifier: GPL-2.0

//! Raw conversions: taking a box back is believed.

use core::ptr::NonNull;
use percpu::*;

pub fn f(ptr: NonNull<u64>) {
    //~ E0133
    //@ let _ = ptr;
    drop(PerCpuBox::from_raw(ptr));
}
