// SPDX-License-Identifier: GPL-2.0

//! Migration off.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use crate::{
    level::on_a_level,
    pinned::{
        Birthplace,
        Pinned, //
    }, //
};
use kernel::bindings;

/// The task stays on its CPU for as long as this can be borrowed, but others may run there in between.
#[derive(Debug)]
pub struct MigrateOff(Birthplace);

/// Calls `f` with the task kept on its CPU, and others not kept off it: `migrate_disable` and
/// `migrate_enable` in C.
///
/// May be called in any context but an NMI. `f` may sleep, but its CPU does not go offline meanwhile:
/// waiting in it for CPU hotplug, as [`cpus_read_lock`](crate::cpus_read_lock) does, may be for ever.
#[doc(alias = "migrate_enable")]
#[inline]
pub fn migrate_disable<R>(f: impl FnOnce(&MigrateOff) -> R) -> R {
    // SAFETY: Undone below.
    unsafe { bindings::migrate_disable() };
    let off = MigrateOff(Birthplace::here());
    // The kernel counts in 16 bits. At zero it would move the task.
    let result = on_a_level(|| f(&off));
    off.0.check();
    // SAFETY: Undoes what was done above, in the same task.
    unsafe { bindings::migrate_enable() };
    result
}

// SAFETY: It is lent while the scheduler leaves the task on its CPU.
unsafe impl Pinned for MigrateOff {}
