// SPDX-License-Identifier: GPL-2.0

//! Guards: the proof of an interrupt does not leave it.

use percpu::*;

pub fn f() -> bool {
    //~ lifetime may not live long enough
    //@ in_hardirq(|_| ()).is_some()
    in_hardirq(|irqs| irqs).is_some()
}
