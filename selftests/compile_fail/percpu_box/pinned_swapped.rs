// SPDX-License-Identifier: GPL-2.0

//! Rule 8: nor is it exchanged for another.

use core::mem;
use kernel::sync::Mutex;
use percpu::*;

pub fn f(a: &PerCpuBox<Mutex<u64>>, b: &PerCpuBox<Mutex<u64>>) {
    get_cpu(|cpu| {
        let (a, b) = (a.this_cpu_ptr(cpu), b.this_cpu_ptr(cpu));
        //~ E0596
        //@ let _ = mem::size_of_val(&(a, b));
        mem::swap(&mut *a, &mut *b);
    });
}
