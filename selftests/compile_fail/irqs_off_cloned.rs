// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a token cannot be copied and kept.

use percpu::*;

pub fn f() {
    irqs_off(|irqs| {
        //~ E0507
        //@ let copy: &IrqsOff = irqs;
        let copy: IrqsOff = *irqs;
        let _ = copy.cpu();
    });
}
