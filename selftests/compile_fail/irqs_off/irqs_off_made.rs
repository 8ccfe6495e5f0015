// SPDX-License-Identifier: GPL-2.0

//! Rule 3: an `IrqsOff` cannot be had with interrupts on.

use kernel::types::NotThreadSafe;
use percpu::*;

pub fn f() {
    //~ E0423
    //@ let irqs = get_cpu();
    let irqs = IrqsOff(NotThreadSafe);
    let _ = irqs.cpu();
}
