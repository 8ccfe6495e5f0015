// SPDX-License-Identifier: GPL-2.0

//! Migration off.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use crate::pinned::{
    Birthplace,
    Pinned, //
};
use kernel::bindings;

/// The task stays on its CPU until the guard is dropped, but others may run there in between:
/// `migrate_enable` in C.
#[doc(alias = "migrate_enable")]
#[derive(Debug)]
#[must_use = "the task may be moved again at once"]
pub struct MigrateGuard(Birthplace);

/// Keeps the task on its CPU without keeping others off it: `migrate_disable` in C.
///
/// May be called in any context but an NMI. The task may sleep while it holds the guard.
#[inline]
pub fn migrate_disable() -> MigrateGuard {
    // SAFETY: Undone when the guard is dropped.
    unsafe { bindings::migrate_disable() };
    MigrateGuard(Birthplace::here())
}

// SAFETY: The scheduler leaves the task on its CPU from the making of the guard to its end.
unsafe impl Pinned for MigrateGuard {}

impl Drop for MigrateGuard {
    #[inline]
    fn drop(&mut self) {
        self.0.check();
        // SAFETY: Undoes what `migrate_disable` did; the guard never left its task.
        unsafe { bindings::migrate_enable() };
    }
}
