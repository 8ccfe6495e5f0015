// SPDX-License-Identifier: GPL-2.0

//! Exclusive access: what is pinned is not moved.

use core::marker::PhantomPinned;
use percpu::*;

pub fn f(values: &mut PerCpuBox<(u64, PhantomPinned)>, cpu: PossibleCpu) {
    let value = values.get_mut(cpu);
    //~ E0277
    //@ let _ = value;
    let _ = core::mem::replace(value.get_mut(), (1, PhantomPinned));
}
