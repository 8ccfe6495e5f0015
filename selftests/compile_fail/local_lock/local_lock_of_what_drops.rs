// SPDX-License-Identifier: GPL-2.0

//! What has something to drop is for a `PerCpuBox`, in a `LocalLock` as well.

use kernel::prelude::KVec;
use percpu::*;

define_per_cpu! {
    //~ E0080
    //@ pub static LIST: LocalLock<u64> = new_local_lock!(0);
    pub static LIST: LocalLock<KVec<u64>> = new_local_lock!(KVec::new());
}
