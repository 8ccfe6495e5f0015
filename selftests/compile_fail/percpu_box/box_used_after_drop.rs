// SPDX-License-Identifier: GPL-2.0

//! Rule 8: a variable is not used when it was freed.

use percpu::*;

pub fn f(hits: PerCpuBox<Scalar<u64>>) {
    drop(hits);
    //~ E0382
    //@
    hits.this_cpu_inc();
}
