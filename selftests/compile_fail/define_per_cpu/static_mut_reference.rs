// SPDX-License-Identifier: GPL-2.0

//! Upstream series: the initial value is copied bit by bit, so it must not be unique, as a `&mut`
//! is.

use core::cell::Cell;
use percpu::*;

define_per_cpu! {
    //~ E0716 | E0764
    //@ pub static BUFFER: Cell<Option<&'static mut u8>> = Cell::new(None);
    pub static BUFFER: Cell<Option<&'static mut u8>> = Cell::new(Some(&mut 0));
}
