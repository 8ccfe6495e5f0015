// SPDX-License-Identifier: GPL-2.0

//! What is called back for one type of callbacks is called for just that type.

#![allow(coherence_leak_check)]

use percpu::*;

pub struct Callbacks<F>(pub F);

type Any = for<'a> fn(&'a u64);
type Static = fn(&'static u64);

impl CpuHotplug for Callbacks<Any> {
    fn coming(&self, _: PossibleCpu) -> kernel::error::Result {
        (self.0)(&1);
        Ok(())
    }
}

impl CpuHotplug for Callbacks<Static> {}

pub fn f(one: Cpuhp<Callbacks<Any>>) {
    //~ E0308 | one type is more general than the other
    //@ let one: Cpuhp<Callbacks<Any>> = one;
    let one: Cpuhp<Callbacks<Static>> = one;
    drop(one);
}
