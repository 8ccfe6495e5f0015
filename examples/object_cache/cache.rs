// SPDX-License-Identifier: GPL-2.0

//! Objects that are kept for the next user, by the CPU that was done with them.
//!
//! Each CPU has a magazine behind a `LocalLock`: no atomic instruction, no other CPU's cache line.
//! Whoever comes while it is locked, such as an interrupt, goes to the allocator instead. What a CPU
//! keeps is freed when it dies.

use kernel::{
    alloc::Flags,
    prelude::*,
    sync::Arc, //
};
use percpu::{
    define_per_cpu,
    new_local_lock,
    u64_stats,
    CpuHotplug,
    DeadCpu,
    LocalLock,
    PerCpuBox,
    U64Stats, //
};

u64_stats! {
    pub(crate) struct Counts {
        pub(crate) taken: u64,
        pub(crate) new: u64,
        pub(crate) freed: u64,
    }
}

define_per_cpu! {
    pub(crate) static COUNTS: U64Stats<Counts> = U64Stats::new();
}

/// What is cached.
pub(crate) struct Object(pub(crate) [u64; 32]);

/// The magazines of all CPUs.
pub(crate) struct Cache(pub(crate) PerCpuBox<LocalLock<KVec<KBox<Object>>>>);

impl Cache {
    /// Makes a cache that keeps so many objects for each CPU.
    pub(crate) fn new(room: usize) -> Result<Self> {
        let magazines = PerCpuBox::pin_init(
            |_cpu| -> Result<LocalLock<KVec<KBox<Object>>>> {
                Ok(new_local_lock!(KVec::with_capacity(room, GFP_KERNEL)?))
            },
            GFP_KERNEL,
        );
        magazines.map(Self)
    }

    /// An object, in any context but an NMI that `flags` allow.
    pub(crate) fn take(&self, flags: Flags) -> Result<KBox<Object>> {
        if let Some(object) = self.0.local_trylock(|kept| kept.pop()).flatten() {
            COUNTS.u64_stats_add(Counts::taken(1));
            return Ok(object);
        }
        COUNTS.u64_stats_add((Counts::taken(1), Counts::new(1)));
        Ok(KBox::new(Object([0; 32]), flags)?)
    }

    /// Takes an object back, in any context in which memory may be freed.
    pub(crate) fn put(&self, object: KBox<Object>) {
        let kept = self
            .0
            .local_trylock(|kept| kept.push_within_capacity(object).is_ok());
        if kept != Some(true) {
            COUNTS.u64_stats_add(Counts::freed(1));
        }
    }
}

/// Empties the magazine of a CPU that is gone.
pub(crate) struct Hotplug(pub(crate) Arc<Cache>);

impl CpuHotplug for Hotplug {
    fn dead(&self, dead: &DeadCpu) {
        let kept = &self.0 .0;
        kept.dead_cpu_trylock(dead, |kept| {
            COUNTS.u64_stats_add(Counts::freed(kept.len() as u64));
            kept.clear();
        });
    }
}
