// SPDX-License-Identifier: GPL-2.0

//! References: whoever has all copies exclusively is alone.

use percpu::*;

pub fn f(mut last: PerCpuBox<u64>, cpu: PossibleCpu) {
    let seen = last.to_ref();
    //~ E0502
    //@
    let _ = last.get_mut(cpu);
    drop(seen);
}
