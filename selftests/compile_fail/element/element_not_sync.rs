// SPDX-License-Identifier: GPL-2.0

//! Elements: what is not `Sync` is shared in no part.

use core::cell::Cell;
use percpu::*;

define_per_cpu! {
    static LAST: [Cell<u64>; 4] = [const { Cell::new(0) }; 4];
}

pub fn f() {
    if let Some(last) = LAST.element(1) {
        //~ E0277
        //@ irqs_off(|irqs| last.this_cpu_local(irqs).set(1));
        last.get_cpu_var(|last| last.set(1));
    }
}
