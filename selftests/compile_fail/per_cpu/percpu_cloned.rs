// SPDX-License-Identifier: GPL-2.0

//! Rule 4: a `PerCpu` of a box cannot be copied and kept when the box is gone.

use percpu::*;

pub fn f(hits: PerCpuBox<Scalar<u64>>) {
    //~ E0599
    //@ let copy = &*hits;
    let copy = (*hits).clone();
    copy.this_cpu_inc();
}
