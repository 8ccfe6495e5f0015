// SPDX-License-Identifier: GPL-2.0

//! Rule 3: an `IrqsOff` cannot be had with interrupts on.

use kernel::types::NotThreadSafe;
use percpu::*;

pub fn f() {
    //~ E0423
    //@ irqs_off(|irqs| irqs.cpu());
    IrqsOff(NotThreadSafe).cpu();
}
