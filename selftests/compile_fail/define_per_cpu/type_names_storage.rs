// SPDX-License-Identifier: GPL-2.0

//! Rule 13: the type of a variable cannot point at the template either.

use percpu::*;

define_per_cpu! {
    //~ E0308
    //@ pub static A: [u8; { static LEN: usize = 8; LEN }] = [0; 8];
    pub static A: [u8; { static LEN: &percpu::Storage<[u8; 8]> = &A; 8 }] = [0; 8];
}
