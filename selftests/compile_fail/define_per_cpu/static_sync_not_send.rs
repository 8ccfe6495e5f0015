// SPDX-License-Identifier: GPL-2.0

//! Rule 5: `Sync` alone does not do for a static variable.

use core::marker::PhantomData;
use percpu::*;

/// `Sync` and not `Send`.
pub struct Tied(pub u8, PhantomData<CpusHeld>);

define_per_cpu! {
    //~ E0277
    //@ pub static TIED: u8 = 0;
    pub static TIED: Tied = Tied(0, PhantomData);
}
