// SPDX-License-Identifier: GPL-2.0

//! Rule 6: the token does not outlive the time that interrupts are off.

use percpu::*;

pub fn f() {
    //~ lifetime may not live long enough
    //@ let irqs = irqs_off(|irqs| irqs.cpu());
    let irqs = irqs_off(|irqs| irqs);
    drop(irqs);
}
