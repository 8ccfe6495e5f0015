// SPDX-License-Identifier: GPL-2.0

//! Nor does what a writer changes.

use percpu::*;

pub fn f(lock: &PercpuRwSemaphore<u64>) {
    //~ lifetime may not live long enough
    //@ lock.write(|value| *value = 1);
    *lock.write(|value| value) = 1;
}
