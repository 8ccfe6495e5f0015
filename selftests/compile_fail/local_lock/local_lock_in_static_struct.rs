// SPDX-License-Identifier: GPL-2.0

//! A structure that drops a `LocalLock` is for a `PerCpuBox`.

use percpu::*;

pub struct Queue {
    pub lock: LocalLock<u64>,
}

define_per_cpu! {
    //~ E0080
    //@ pub static QUEUE: LocalLock<u64> = new_local_lock!(0);
    pub static QUEUE: Queue = Queue { lock: new_local_lock!(0) };
}
