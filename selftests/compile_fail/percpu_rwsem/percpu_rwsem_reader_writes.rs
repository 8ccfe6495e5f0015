// SPDX-License-Identifier: GPL-2.0

//! Readers read.

use percpu::*;

pub fn f(lock: &PercpuRwSemaphore<u64>) {
    //~ E0594
    //@ *lock.write() = 1;
    *lock.read() = 1;
}
