// SPDX-License-Identifier: GPL-2.0

//! References: one is made of a variable, or with `unsafe`.

use core::ptr::NonNull;
use percpu::*;

pub fn f(hits: &PerCpuBox<Scalar<u64>>, ptr: NonNull<Scalar<u64>>) {
    let _ = ptr;
    //~ E0133
    //@ hits.to_ref().this_cpu_inc();
    PerCpuRef::from_raw(ptr).this_cpu_inc();
    let _ = hits;
}
