// SPDX-License-Identifier: GPL-2.0

//! Rule 8: nor is it exchanged for another.

use core::mem;
use kernel::sync::Mutex;
use percpu::*;

pub fn f(a: &PerCpuBox<Mutex<u64>>, b: &PerCpuBox<Mutex<u64>>) {
    let (a, b) = (a.get_cpu_var(), b.get_cpu_var());
    //~ E0596
    //@ mem::drop((a, b));
    mem::swap(&mut *a, &mut *b);
}
