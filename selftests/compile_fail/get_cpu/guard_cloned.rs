// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a guard is counted once; a copy would count down twice.

use percpu::*;

pub fn f() {
    let guard = get_cpu();
    //~ E0599
    //@ let copy = guard.cpu();
    let copy = guard.clone();
    drop(copy);
}
