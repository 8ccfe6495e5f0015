// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a `MigrateOff` comes from `migrate_disable()` only.

use kernel::types::NotThreadSafe;
use percpu::*;

pub fn f() {
    //~ E0423
    //@ migrate_disable(|_| ());
    let _ = MigrateOff(NotThreadSafe);
}
