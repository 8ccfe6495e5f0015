// SPDX-License-Identifier: GPL-2.0

//! Readers read.

use percpu::*;

pub fn f(lock: &PercpuRwSemaphore<u64>) {
    //~ E0594
    //@ lock.write(|value| *value = 1);
    lock.read(|value| *value = 1);
}
