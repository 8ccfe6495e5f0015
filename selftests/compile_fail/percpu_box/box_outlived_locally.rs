// SPDX-License-Identifier: GPL-2.0

//! Rule 8: nor does one that was had with interrupts off.

use core::cell::Cell;
use percpu::*;

pub fn f(values: PerCpuBox<Cell<u64>>) {
    irqs_off(|irqs| {
        let copy = values.this_cpu_local(irqs);
        //~ E0505
        //@
        drop(values);
        copy.set(1);
    });
}
