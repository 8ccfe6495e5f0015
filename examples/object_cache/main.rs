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
    cpus_read_lock,
    define_per_cpu,
    new_local_lock,
    smp_call_on_cpu,
    u64_stats,
    CpuHotplug,
    Cpuhp,
    DeadCpu,
    LocalLock,
    PerCpuBox,
    U64Stats, //
};

module! {
    type: Module,
    name: "object_cache",
    authors: ["The rust_percpu authors"],
    description: "A cache of objects for each CPU",
    license: "GPL",
    params: {
        rounds: u64 {
            default: 100,
            description: "How often each CPU takes two objects and puts them back (default 100)",
        },
    },
}

u64_stats! {
    struct Counts {
        taken: u64,
        new: u64,
        freed: u64,
    }
}

define_per_cpu! {
    static COUNTS: U64Stats<Counts> = U64Stats::new();
}

/// What is cached.
struct Object([u64; 32]);

/// The magazines of all CPUs.
struct Cache(PerCpuBox<LocalLock<KVec<KBox<Object>>>>);

impl Cache {
    /// Makes a cache that keeps so many objects for each CPU.
    fn new(room: usize) -> Result<Self> {
        let magazines = PerCpuBox::pin_init(
            |_cpu| -> Result<LocalLock<KVec<KBox<Object>>>> {
                Ok(new_local_lock!(KVec::with_capacity(room, GFP_KERNEL)?))
            },
            GFP_KERNEL,
        );
        magazines.map(Self)
    }

    /// An object, in any context that `flags` allow.
    fn take(&self, flags: Flags) -> Result<KBox<Object>> {
        if let Some(object) = self.0.local_trylock(|kept| kept.pop()).flatten() {
            COUNTS.u64_stats_add(Counts::taken(1));
            return Ok(object);
        }
        COUNTS.u64_stats_add((Counts::taken(1), Counts::new(1)));
        Ok(KBox::new(Object([0; 32]), flags)?)
    }

    /// Takes an object back, in any context.
    fn put(&self, object: KBox<Object>) {
        let kept = self
            .0
            .local_trylock(|kept| kept.push_within_capacity(object).is_ok());
        if kept != Some(true) {
            COUNTS.u64_stats_add(Counts::freed(1));
        }
    }
}

/// Empties the magazine of a CPU that is gone.
struct Hotplug(Arc<Cache>);

impl CpuHotplug for Hotplug {
    fn dead(&self, dead: &DeadCpu) {
        let kept = &self.0 .0;
        kept.dead_cpu_trylock(dead, |kept| {
            COUNTS.u64_stats_add(Counts::freed(kept.len() as u64));
            kept.clear();
        });
    }
}

struct Module {
    _hotplug: Cpuhp<Hotplug>,
}

impl kernel::Module for Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let cache = Arc::new(Cache::new(16)?, GFP_KERNEL)?;
        let hotplug = Cpuhp::new(c"object_cache:online", Hotplug(cache.clone()))?;
        let rounds: u64 = percpu::versions::parameter(module_parameters::rounds.value());
        let exchange = || -> Result {
            for round in 0..rounds {
                let (mut first, second) = (cache.take(GFP_KERNEL)?, cache.take(GFP_KERNEL)?);
                first.0[0] = second.0[0] + round;
                cache.put(first);
                cache.put(second);
            }
            Ok(())
        };
        cpus_read_lock(|cpus| {
            let mut cpus = cpus.online_cpus();
            cpus.try_for_each(|cpu| smp_call_on_cpu(cpu, exchange)?)
        })?;
        Ok(Self { _hotplug: hotplug })
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        let Counts { taken, new, freed } = COUNTS.u64_stats_sum();
        // On 32 bits nothing divides a u64, nor shows a large one.
        let [taken, new, freed] = [taken, new, freed].map(|count| count as usize);
        pr_info!("{taken} taken, {new} of them new, {freed} freed\n");
    }
}
