// SPDX-License-Identifier: GPL-2.0

//! Rule 9: a static variable of size zero has no address of its own.

use percpu::*;

define_per_cpu! {
    //~ E0080
    //@ pub static NOTHING: u8 = 0;
    pub static NOTHING: () = ();
}
