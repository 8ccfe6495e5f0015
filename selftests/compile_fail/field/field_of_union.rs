// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a field of a union may not hold what it says, so it is none to refer to.

use core::mem::ManuallyDrop;
use percpu::*;

#[repr(C)]
pub union Either {
    pub flag: ManuallyDrop<Scalar<bool>>,
    pub byte: ManuallyDrop<Scalar<u8>>,
}

pub fn f(either: &PerCpuBox<Either>) {
    //~ `..` cannot be used in union patterns
    //@ let _ = either;
    let _ = field!(*either, Either, flag);
}
