// SPDX-License-Identifier: GPL-2.0

//! Demo of the percpu crate: counters, watched through debugfs and trace events.
//!
//! Under `/sys/kernel/debug/rust_percpu`, `static/` is a variable made by `define_per_cpu!` and
//! `dynamic/` one made by `PerCpuBox`; `lossy/` does it wrong. Each has `total`, `per_cpu` and
//! `add`. `approximate/` is a `PercpuCounter`, with `add`, `read` and `sum`. `reset` takes all four
//! back to zero. `events/` counts trace events of the kernel.

#![deny(unsafe_code)]

mod demo;

use core::ops::Deref;
use demo::{
    abi::{
        debugfs::{
            Dir,
            Tree, //
        },
        event_counter::EventCounter,
        trace, //
    },
    approximate,
    counter::{
        decimal,
        Counter, //
    },
    lossy, //
};
use kernel::{
    prelude::*,
    uaccess::UserSliceReader, //
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    possible_cpus,
    PerCpu,
    PerCpuBox,
    PercpuCounter,
    PercpuCounterBox,
    Scalar, //
};

module! {
    type: RustPercpu,
    name: "rust_percpu",
    authors: ["The rust_percpu authors"],
    description: "Per-CPU counters in Rust, shown under /sys/kernel/debug/rust_percpu",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "Value of the dynamic counter on every possible CPU after loading (default 0)",
        },
    },
}

define_per_cpu! {
    static HITS: Scalar<u64> = Scalar::new(0);
}

/// An allocated variable, with the trace events of its beginning and end.
struct Traced(PerCpuBox<Scalar<u64>>);

impl Traced {
    // Not in the module's init code: that is gone when somebody reads the event's call_site.
    #[inline(never)]
    fn new(start: u64) -> Result<Self> {
        let counter = PerCpuBox::new_with(|_cpu| Scalar::new(start), GFP_KERNEL)?;
        trace::alloc(size_of::<u64>(), align_of::<u64>(), counter.as_ptr().addr());
        Ok(Self(counter))
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        trace::free(size_of::<u64>(), align_of::<u64>(), self.0.as_ptr().addr());
    }
}

impl Deref for Traced {
    type Target = <PerCpuBox<Scalar<u64>> as Deref>::Target;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// What the files show, gone after the last of them.
struct Counters {
    by_define: Counter<&'static PerCpu<HITS>>,
    by_alloc: Counter<Traced>,
    approximate: PercpuCounterBox,
}

impl Counters {
    fn new() -> Result<Self> {
        Ok(Self {
            by_define: Counter {
                name: c"static",
                hits: &HITS,
            },
            by_alloc: Counter {
                name: c"dynamic",
                hits: Traced::new(percpu::versions::parameter(
                    module_parameters::start.value(),
                ))?,
            },
            approximate: PercpuCounter::new(0, GFP_KERNEL)?,
        })
    }

    fn reset(&self, input: &mut UserSliceReader) -> Result {
        if decimal(input)? != 1 {
            return Err(EINVAL);
        }
        cpus_read_lock(|cpus| {
            self.by_define.hits.write_all(cpus, 0);
            self.by_alloc.hits.write_all(cpus, 0);
            lossy::reset(cpus);
        });
        self.approximate.set(0);
        Ok(())
    }
}

/// The module: its debugfs directory, which owns the counters.
#[pin_data]
struct RustPercpu {
    #[pin]
    files: Tree<Counters>,
}

impl kernel::InPlaceModule for RustPercpu {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let fill = |dir: &Dir<'_, Counters>| {
            Counter::show_in(dir, c"static", |counters| &counters.by_define);
            Counter::show_in(dir, c"dynamic", |counters| &counters.by_alloc);
            lossy::show_in(dir);
            approximate::show_in(dir, |counters| &counters.approximate);
            dir.write_file(c"reset", Counters::reset);
            if let Err(e) = dir.members::<EventCounter>(c"events") {
                pr_warn!("no events to count: {e:?}\n");
            }
        };
        try_pin_init!(Self {
            files <- Tree::new(c"rust_percpu", Counters::new()?, fill),
            _: {
                match files.error() {
                    None => pr_info!("counting on {} CPUs\n", possible_cpus().count()),
                    Some(e) => pr_warn!("no files to watch: debugfs says {e:?}\n"),
                }
            },
        }? Error)
    }
}
