// SPDX-License-Identifier: GPL-2.0

//! Rule 4: the fields of a `PerCpu` are its own.

use percpu::*;

pub fn f(hits: PerCpuBox<Scalar<u64>>) {
    //~ E0616
    //@ let _ = hits.as_ptr();
    let _ = hits.place;
}
