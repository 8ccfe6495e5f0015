// SPDX-License-Identifier: GPL-2.0

//! Rule 6: nor does the token outlive the call on each CPU.

use percpu::*;

pub fn f() {
    //~ E0308 | lifetime may not live long enough
    //@ on_each_cpu(|irqs: &IrqsOff| drop(irqs.cpu()));
    on_each_cpu(|irqs: &'static IrqsOff| drop(irqs.cpu()));
}
