// SPDX-License-Identifier: GPL-2.0

//! Rule 9: a static variable fits into what a CPU has.

use percpu::*;

define_per_cpu! {
    //~ E0080
    //@ pub static LARGE: [u8; 16] = [0; 16];
    pub static LARGE: [u8; MAX_SIZE + 1] = [0; MAX_SIZE + 1];
}
