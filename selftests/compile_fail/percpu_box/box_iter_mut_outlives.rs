// SPDX-License-Identifier: GPL-2.0

//! Exclusive access: it ends with the box.

use percpu::*;

pub fn f(mut values: PerCpuBox<u64>) {
    let mut copies = values.iter_mut();
    //~ E0505
    //@
    drop(values);
    copies.next();
}
