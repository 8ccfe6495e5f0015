// SPDX-License-Identifier: GPL-2.0

//! Keeping a task that may be killed.

use kernel::{
    sync::aref::ARef,
    task::Task, //
};

/// Keeps this task from being freed, should it be killed before the result is dropped.
///
/// The kernel goes on to use a task that is killed while it holds a mutex, on PREEMPT_RT a spinlock, or is
/// one of its workers: it expects that these are not killed.
#[inline]
pub(crate) fn alive() -> ARef<Task> {
    ARef::from(&**kernel::current!())
}
