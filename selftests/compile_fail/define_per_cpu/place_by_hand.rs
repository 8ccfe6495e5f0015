// SPDX-License-Identifier: GPL-2.0

//! `unsafe`: what the macros make of a static is a place, and a place is no variable.

use percpu::*;

percpu::__percpu_place!([] pub NUMBER: &'static u64, { static NUMBER: u64 = 0x1234; });

pub fn f() {
    //~ E0133
    //@ let _ = NUMBER {};
    let _ = PerCpu::from_place(NUMBER {});
}
