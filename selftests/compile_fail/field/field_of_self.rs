// SPDX-License-Identifier: GPL-2.0

//! Rule 1: `Self` means the same wherever `field!` writes it down, or nothing.

use percpu::*;

#[repr(C)]
pub struct Pair<T> {
    pub first: T,
    pub hits: Scalar<u64>,
}

pub struct Words(pub [u64; 4]);

impl Words {
    pub fn f(pairs: &PerCpuBox<Pair<Self>>) {
        //~ E0271
        //@ field!(*pairs, Pair<Words>, hits).this_cpu_inc();
        field!(*pairs, Pair<Self>, hits).this_cpu_inc();
    }
}
