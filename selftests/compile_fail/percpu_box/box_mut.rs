// SPDX-License-Identifier: GPL-2.0

//! Rule 4: a `PerCpuBox` does not give away its `PerCpu`, not even to its only owner.

use percpu::*;

pub fn f(ours: &mut PerCpuBox<u64>, other: &mut PerCpuBox<u64>) {
    //~ E0596
    //@ core::mem::swap(ours, other);
    core::mem::swap(&mut **ours, &mut **other);
}
