// SPDX-License-Identifier: GPL-2.0

//! What a reader sees does not outlive its closure.

use percpu::*;

pub fn f(lock: &PercpuRwSemaphore<u64>) -> u64 {
    //~ lifetime may not live long enough
    //@ lock.read(|value| *value)
    *lock.read(|value| value)
}
