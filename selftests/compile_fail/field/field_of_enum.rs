// SPDX-License-Identifier: GPL-2.0

//! Rule 1: the field of a variant is not there in the others.

use percpu::*;

pub enum Either {
    Hits { hits: Scalar<u64> },
    None,
}

pub fn f(either: &PerCpuBox<Either>) {
    //~ E0573
    //@ let _ = either;
    let _ = field!(*either, Either::Hits, hits);
}
