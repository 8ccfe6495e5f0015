// SPDX-License-Identifier: GPL-2.0

//! Drains a counter while another CPU adds to it, by `this_cpu_add` and by `__this_cpu_add`.
//!
//! A line of the kernel log for each: what was added, and what was drained. The program `drain` knows
//! when these are the same.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Completion, //
    },
    workqueue, //
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    get_cpu,
    Decimal,
    PreemptOff,
    Scalar, //
};

module! {
    type: Drain,
    name: "percpu_drain",
    authors: ["The rust_percpu authors"],
    description: "Test: a counter is drained while it counts",
    license: "GPL",
}

/// How often a task adds while it holds a guard.
const BATCH: u64 = 1000;
/// At most how often it is drained, and at least how often it is added to.
const DRAINS: usize = 200;
const BATCHES: u64 = 5;

define_per_cpu! {
    static COUNT: Scalar<u64> = Scalar::new(0);
}

#[pin_data]
struct Adder {
    go_on: Atomic<bool>,
    batches: Atomic<u64>,
    #[pin]
    done: Completion,
}

/// Has a task call `add`, and drains until that is done. What was added, and what was drained.
fn drain_while(add: fn(&PreemptOff)) -> Result<(Decimal<u64>, Decimal<u64>)> {
    let adder = pin_init!(Adder {
        go_on: Atomic::new(true),
        batches: Atomic::new(0),
        done <- Completion::new(),
    });
    let adder = Arc::pin_init(adder, GFP_KERNEL)?;
    let task = adder.clone();
    workqueue::system_unbound().try_spawn(GFP_KERNEL, move || {
        while task.go_on.load(Relaxed) {
            get_cpu(|cpu| {
                for _ in 0..BATCH {
                    add(cpu);
                }
            });
            task.batches.fetch_add(1, Relaxed);
            // Where there is one CPU, whoever drains wants it too.
            kernel::task::might_sleep();
        }
        task.done.complete_all();
    })?;
    let mut drained = 0u64;
    for drains in 0.. {
        drained += cpus_read_lock(|cpus| COUNT.drain(cpus));
        if drains >= DRAINS && adder.batches.load(Relaxed) >= BATCHES {
            break;
        }
    }
    adder.go_on.store(false, Relaxed);
    adder.done.wait_for_completion();
    drained += cpus_read_lock(|cpus| COUNT.drain(cpus));
    let added = adder.batches.load(Relaxed) * BATCH;
    Ok((Decimal(added), Decimal(drained)))
}

struct Drain;

impl kernel::Module for Drain {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let (added, drained) = drain_while(|_| COUNT.this_cpu_add(1))?;
        pr_info!("this_cpu_add: {added} added, {drained} drained\n");
        let (added, drained) = drain_while(|cpu| COUNT.__this_cpu_add(cpu, 1))?;
        pr_info!("__this_cpu_add: {added} added, {drained} drained\n");
        Ok(Self)
    }
}
