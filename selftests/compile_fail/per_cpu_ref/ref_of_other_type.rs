// SPDX-License-Identifier: GPL-2.0

//! References: the type stays what it is.

use percpu::*;

pub fn f<'a>(last: PerCpuRef<'a, &'static u64>) {
    //~ lifetime may not live long enough
    //@ let last: PerCpuRef<'a, &'static u64> = last;
    let last: PerCpuRef<'a, &'a u64> = last;
    let _ = last;
}
