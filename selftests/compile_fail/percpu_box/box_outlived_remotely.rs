// SPDX-License-Identifier: GPL-2.0

//! Rule 8: nor does one to the copy of another CPU.

use percpu::*;

pub fn f(values: PerCpuBox<u64>) -> u64 {
    let copies = values.iter();
    //~ E0505
    //@
    drop(values);
    copies.map(|(_, copy)| *copy).sum()
}
