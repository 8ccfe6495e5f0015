// SPDX-License-Identifier: GPL-2.0

//! Rule 9: a static variable is never dropped, and its initial value is there many times.

use kernel::prelude::KVec;
use percpu::*;

define_per_cpu! {
    //~ E0080
    //@ pub static LIST: Option<u64> = None;
    pub static LIST: Option<KVec<u64>> = None;
}
