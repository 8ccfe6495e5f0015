// SPDX-License-Identifier: GPL-2.0

//! Rule 8: nor is it exchanged for another.

use core::mem;
use kernel::sync::Mutex;
use percpu::*;

pub fn f(a: &PerCpuBox<Mutex<u64>>, b: &PerCpuBox<Mutex<u64>>) {
    a.get_cpu_var(|a| {
        b.get_cpu_var(|b| {
            //~ E0596
            //@ let _ = mem::size_of_val(&(a, b));
            mem::swap(&mut *a, &mut *b);
        })
    });
}
