// SPDX-License-Identifier: GPL-2.0

//! Rule 8: what was initialised in place is not moved.

use percpu::*;

pub fn f(items: &PerCpuBox<kernel::sync::Mutex<u64>>) {
    items.get_cpu_var(|items| {
        //~ E0507
        //@ let item = items;
        let item = *items;
        let _ = &item;
    });
}
