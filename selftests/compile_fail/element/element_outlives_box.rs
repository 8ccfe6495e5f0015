// SPDX-License-Identifier: GPL-2.0

//! Elements: an element does not outlive its array.

use percpu::*;

pub fn f(bins: PerCpuBox<[Scalar<u64>; 4]>) {
    let bin = bins.element(1);
    //~ E0505
    //@
    drop(bins);
    drop(bin);
}
