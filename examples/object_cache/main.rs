// SPDX-License-Identifier: GPL-2.0

//! A cache of objects for each CPU, used on all of them.

use kernel::{
    prelude::*,
    sync::Arc, //
};
use percpu::{
    cpus_read_lock,
    smp_call_on_cpu,
    Cpuhp, //
};

mod cache;

use cache::{
    Cache,
    Counts,
    Hotplug,
    COUNTS, //
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
