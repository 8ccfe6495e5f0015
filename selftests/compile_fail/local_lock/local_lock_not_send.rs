// SPDX-License-Identifier: GPL-2.0

//! Rule 5: what one task leaves behind the lock is another's.

use percpu::*;

pub struct NotSend(*mut u64);

define_per_cpu! {
    //~ E0277
    //@ pub static VALUE: LocalLock<usize> = new_local_lock!(0);
    pub static VALUE: LocalLock<NotSend> = new_local_lock!(NotSend(core::ptr::null_mut()));
}
