// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a field of a packed structure is not aligned even if it is the first.

use percpu::*;

#[repr(C, packed)]
pub struct Packed {
    pub hits: Scalar<u64>,
    pub tag: u8,
}

pub fn f(packed: &PerCpuBox<Packed>) {
    //~ E0080
    //@ let _ = field!(*packed, Packed, tag);
    field!(*packed, Packed, hits).this_cpu_inc();
}
