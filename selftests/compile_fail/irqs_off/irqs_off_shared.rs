// SPDX-License-Identifier: GPL-2.0

//! Rule 6: interrupts are off on one CPU; the function that runs on the others has a token of its
//! own.

use percpu::*;

pub fn f() {
    irqs_off(|irqs| {
        //~ E0277
        //@ on_each_cpu(|irqs| drop(irqs.cpu()));
        on_each_cpu(|_| drop(irqs.cpu()));
    });
}
