// SPDX-License-Identifier: GPL-2.0

//! Demo of the percpu crate: two counters, watched through debugfs and trace events.
//!
//! Under `/sys/kernel/debug/rust_percpu`, `static/` is a variable made by `define_per_cpu!` and
//! `dynamic/` one made by `PerCpuBox`. Each has `total`, `per_cpu` and `add`; `reset` takes both
//! back to zero.

use core::ops::Deref;
use kernel::{
    fmt,
    prelude::*,
    uaccess::UserSliceReader, //
};
use percpu::{
    define_per_cpu,
    get_cpu,
    possible_cpus,
    PerCpu,
    PerCpuBox,
    Pinned,
    Place,
    Scalar, //
};
use percpu_abi::{
    debugfs::{
        Dir,
        Tree, //
    },
    trace, //
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

/// A counter with a name, whichever way it was made.
struct Counter<V> {
    name: &'static CStr,
    hits: V,
}

impl<V, P> Counter<V>
where
    V: Deref<Target = PerCpu<P>> + Send + Sync + 'static,
    P: Place<Target = Scalar<u64>> + 'static,
{
    /// Makes the counter's directory, `which` says of which of the two.
    fn show_in<F>(dir: &Dir<'_, Counters>, name: &CStr, which: F)
    where
        F: Fn(&Counters) -> &Self + Copy + 'static,
    {
        let dir = dir.dir(name);
        dir.read_file(c"total", move |counters, f| which(counters).total(f));
        dir.read_file(c"per_cpu", move |counters, f| which(counters).per_cpu(f));
        dir.write_file(c"add", move |counters, input| which(counters).add(input));
    }

    fn total(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.hits.sum())
    }

    fn per_cpu(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for cpu in possible_cpus() {
            if let Some(hits) = self.hits.per_cpu(cpu) {
                writeln!(f, "{} {}", cpu.as_u32(), hits)?;
            }
        }
        Ok(())
    }

    fn add(&self, input: &mut UserSliceReader) -> Result {
        let delta = decimal(input)?;
        if trace::add_enabled() {
            // The event names the CPU, so stay on it.
            let cpu = get_cpu();
            let value = self.hits.this_cpu_add_return(delta);
            trace::add(self.name, cpu.cpu().as_u32(), delta, value);
        } else {
            self.hits.this_cpu_add(delta);
        }
        Ok(())
    }
}

/// What the files show, gone after the last of them.
struct Counters {
    by_define: Counter<&'static PerCpu<HITS>>,
    by_alloc: Counter<Traced>,
}

impl Counters {
    fn reset(&self, input: &mut UserSliceReader) -> Result {
        if decimal(input)? != 1 {
            return Err(EINVAL);
        }
        self.by_define.hits.write_all(0);
        self.by_alloc.hits.write_all(0);
        Ok(())
    }
}

/// Takes a decimal number, with or without a newline after it.
///
/// # Errors
///
/// `EINVAL` if it is anything else, `ERANGE` if it does not fit.
fn decimal(input: &mut UserSliceReader) -> Result<u64> {
    let mut buf = [0; 64];
    let buf = buf.get_mut(..input.len()).ok_or(EINVAL)?;
    input.read_slice(buf)?;
    let digits = buf.strip_suffix(b"\n").unwrap_or(buf);
    if digits.is_empty() {
        return Err(EINVAL);
    }
    digits.iter().try_fold(0u64, |value, &digit| {
        if !digit.is_ascii_digit() {
            return Err(EINVAL);
        }
        let digit = u64::from(digit - b'0');
        value
            .checked_mul(10)
            .and_then(|v| v.checked_add(digit))
            .ok_or(ERANGE)
    })
}

/// The module: its debugfs directory, which owns the counters.
struct RustPercpu {
    _files: Tree<Counters>,
}

impl kernel::Module for RustPercpu {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let counters = Counters {
            by_define: Counter {
                name: c"static",
                hits: &HITS,
            },
            by_alloc: Counter {
                name: c"dynamic",
                hits: Traced::new(*module_parameters::start.value())?,
            },
        };
        let files = Tree::new(c"rust_percpu", counters, |dir| {
            Counter::show_in(dir, c"static", |counters| &counters.by_define);
            Counter::show_in(dir, c"dynamic", |counters| &counters.by_alloc);
            dir.write_file(c"reset", Counters::reset);
        })?;
        match files.error() {
            None => pr_info!("counting on {} CPUs\n", possible_cpus().count()),
            Some(e) => pr_warn!("no files to watch: debugfs says {e:?}\n"),
        }
        Ok(Self { _files: files })
    }
}
