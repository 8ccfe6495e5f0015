// SPDX-License-Identifier: GPL-2.0

//! Counts on all online CPUs at once when it is loaded: per CPU in Rust and in C, on one shared
//! atomic, and under a spinlock.
//!
//! A line of the kernel log for each: how often it should have counted, how often it did, and the
//! nanoseconds of each repetition. For the per-CPU ones another: the nanoseconds of so many sums.

use kernel::prelude::*;
use percpu::{
    define_per_cpu,
    on_each_cpu,
    Scalar, //
};

module! {
    type: Growth,
    name: "percpu_growth",
    authors: ["The rust_percpu authors"],
    description: "Counts on all CPUs at once",
    license: "GPL",
    params: {
        rounds: usize {
            default: 100_000,
            description: "How often each CPU counts in a repetition (default 100000)",
        },
    },
}

const REPETITIONS: usize = 7;
const SUMS: u32 = 10_000;

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

unsafe extern "C" {
    safe fn percpu_growth_this_cpu(rounds: usize);
    safe fn percpu_growth_this_cpu_total() -> u64;
    safe fn percpu_growth_atomic(rounds: usize);
    safe fn percpu_growth_atomic_total() -> u64;
    safe fn percpu_growth_locked(rounds: usize);
    safe fn percpu_growth_locked_total() -> u64;
    safe fn percpu_growth_clock() -> u64;
}

struct Counter {
    name: &'static str,
    count: extern "C" fn(rounds: usize),
    total: extern "C" fn() -> u64,
}

extern "C" fn rust(rounds: usize) {
    for _ in 0..rounds {
        HITS.this_cpu_inc();
    }
}

extern "C" fn rust_total() -> u64 {
    HITS.sum()
}

const COUNTERS: [Counter; 4] = [
    Counter {
        name: "rust",
        count: rust,
        total: rust_total,
    },
    Counter {
        name: "c",
        count: percpu_growth_this_cpu,
        total: percpu_growth_this_cpu_total,
    },
    Counter {
        name: "atomic",
        count: percpu_growth_atomic,
        total: percpu_growth_atomic_total,
    },
    Counter {
        name: "spinlock",
        count: percpu_growth_locked,
        total: percpu_growth_locked_total,
    },
];

struct Growth;

impl kernel::Module for Growth {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let rounds = percpu::versions::parameter(module_parameters::rounds.value());
        let cpus = percpu::cpus_read_lock(|cpus| cpus.online_cpus().count());
        let mut times = [[0; REPETITIONS]; COUNTERS.len()];
        // One after the other, so that a disturbance meets all of them.
        for repetition in 0..REPETITIONS {
            for (counter, times) in COUNTERS.iter().zip(&mut times) {
                // Nobody sleeps when it starts.
                on_each_cpu(|_| ());
                let start = percpu_growth_clock();
                on_each_cpu(|_| (counter.count)(rounds));
                if let Some(time) = times.get_mut(repetition) {
                    *time = percpu_growth_clock().wrapping_sub(start);
                }
            }
        }
        for (counter, times) in COUNTERS.iter().zip(&times) {
            let expected = cpus * rounds * REPETITIONS;
            let total = (counter.total)();
            pr_info!("counter {} {expected} {total} {times:?}\n", counter.name);
        }
        for counter in COUNTERS.iter().take(2) {
            let times = [(); REPETITIONS].map(|()| {
                let start = percpu_growth_clock();
                for _ in 0..SUMS {
                    (counter.total)();
                }
                percpu_growth_clock().wrapping_sub(start)
            });
            pr_info!("sums {} {SUMS} {times:?}\n", counter.name);
        }
        pr_info!("end {cpus}\n");
        Ok(Self)
    }
}
