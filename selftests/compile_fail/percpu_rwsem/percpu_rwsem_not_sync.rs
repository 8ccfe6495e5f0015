// SPDX-License-Identifier: GPL-2.0

//! Readers on several CPUs share the value.

use core::cell::Cell;
use percpu::*;

fn share<T: Sync>(_: &T) {}

pub fn f(lock: &PercpuRwSemaphore<Cell<u64>>) {
    //~ E0277
    //@ share(&lock.read(|value| value.get()));
    share(lock);
}
