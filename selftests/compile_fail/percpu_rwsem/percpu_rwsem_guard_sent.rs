// SPDX-License-Identifier: GPL-2.0

//! Who takes the lock gives it back.

use percpu::*;

fn spawn<T: Send>(_: T) {}

pub fn f(lock: &PercpuRwSemaphore<u64>) {
    //~ E0277
    //@ spawn(*lock.read());
    spawn(lock.read());
}
