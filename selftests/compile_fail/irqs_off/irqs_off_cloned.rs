// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a token cannot be copied and kept.

use percpu::*;

pub fn f() {
    irqs_off(|irqs| {
        //~ E0308
        //@ let copy: &IrqsOff = irqs;
        let copy: IrqsOff = irqs.clone();
        let _ = copy.cpu();
    });
}
