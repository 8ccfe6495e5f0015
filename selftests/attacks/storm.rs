// SPDX-License-Identifier: GPL-2.0

//! Tasks, timers and IPIs count, as often as they can, by a static and by an allocated variable.

use crate::built::{
    self,
    Built,
    Caller, //
};
use kernel::{
    alloc::flags::__GFP_NOWARN,
    error::to_result,
    fmt,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        Arc, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    Decimal,
    PerCpuBox,
    Scalar, //
};

/// How often a task counts in a row.
const BATCH: u64 = 4096;

define_per_cpu! {
    static STATIC: Scalar<u64> = Scalar::new(0);
}

/// What is counted, and what there is to compare it with.
pub(crate) struct Counts {
    dynamic: PerCpuBox<Scalar<u64>>,
    /// What `drain` took out, of the static variable and of the other.
    taken: [Atomic<u64>; 2],
    /// How many increments of each variable have been started, and how many have been made.
    announced: Atomic<u64>,
    made: Atomic<u64>,
    ticks: Atomic<u64>,
    ipis: Atomic<u64>,
    /// How many variables were allocated and freed meanwhile.
    boxes: Atomic<u64>,
    /// Microseconds that a task rests each time.
    rest: Atomic<u64>,
    built: Built,
}

impl Counts {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            dynamic: PerCpuBox::zeroed(GFP_KERNEL)?,
            taken: [Atomic::new(0), Atomic::new(0)],
            announced: Atomic::new(0),
            made: Atomic::new(0),
            ticks: Atomic::new(0),
            ipis: Atomic::new(0),
            boxes: Atomic::new(0),
            rest: Atomic::new(0),
            built: Built::new()?,
        })
    }

    /// Increments both variables so many times, and what is built on such.
    fn count(&self, storm: &built::Storm, caller: Caller, times: u64) {
        self.announced.fetch_add(times, Full);
        for _ in 0..times {
            STATIC.this_cpu_inc();
            self.dynamic.this_cpu_inc();
            self.built.count(storm, caller);
        }
        self.made.fetch_add(times, Full);
    }

    fn task(&self, storm: &built::Storm) {
        self.count(storm, Caller::Task, BATCH);
        self.built.take_many();
        // Now and then there is more per-CPU memory, or less.
        if self.made.load(Relaxed) / BATCH % 64 == 0 {
            let more = PerCpuBox::<[u64; 512]>::zeroed(GFP_KERNEL | __GFP_NOWARN);
            if more.is_ok() {
                self.boxes.add(1, Relaxed);
            }
        }
        send_ipis();
        let rest = self.rest.load(Relaxed);
        if rest != 0 {
            fsleep(Delta::from_micros(rest as i64));
        }
    }

    fn tick(&self, storm: &built::Storm) {
        self.count(storm, Caller::HardInterrupt, 1);
        self.ticks.add(1, Relaxed);
    }

    fn ipi(&self, storm: &built::Storm) {
        self.count(storm, Caller::HardInterrupt, 1);
        self.ipis.add(1, Relaxed);
    }

    pub(crate) fn drain(&self) {
        cpus_read_lock(|cpus| {
            self.taken[0].fetch_add(STATIC.drain(cpus), Full);
            self.taken[1].fetch_add(self.dynamic.drain(cpus), Full);
        });
        self.built.kill();
    }

    /// What was taken out is read before what is there, and what was announced after it: so the
    /// first two never add up to more than the third.
    pub(crate) fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sums: [&dyn Fn() -> u64; 2] = [&|| STATIC.sum(), &|| self.dynamic.sum()];
        for (name, (taken, sum)) in ["static", "dynamic"]
            .iter()
            .zip(self.taken.iter().zip(sums))
        {
            writeln!(f, "{name}_taken {}", Decimal(taken.fetch_add(0, Full)))?;
            writeln!(f, "{name}_sum {}", Decimal(sum()))?;
        }
        self.built.show(f)?;
        writeln!(
            f,
            "announced {}",
            Decimal(self.announced.fetch_add(0, Full))
        )?;
        writeln!(f, "made {}", Decimal(self.made.load(Relaxed)))?;
        writeln!(f, "ticks {}", Decimal(self.ticks.load(Relaxed)))?;
        writeln!(f, "ipis {}", Decimal(self.ipis.load(Relaxed)))?;
        writeln!(f, "boxes {}", Decimal(self.boxes.load(Relaxed)))
    }
}

type Callback = unsafe extern "C" fn(arg: *mut c_void);

// percpu_test's c.h has them.
unsafe extern "C" {
    fn percpu_test_stress(task: Callback, tick: Callback, ipi: Callback, arg: *mut c_void)
        -> c_int;
    fn percpu_test_send_ipis();
    fn percpu_test_end_stress();
}

/// Interrupts all other CPUs, unless another task is just doing so.
fn send_ipis() {
    static SENDING: Atomic<u32> = Atomic::new(0);

    if SENDING.xchg(1, Acquire) == 0 {
        // SAFETY: Called by a task of the storm, and by one at a time.
        unsafe { percpu_test_send_ipis() };
        SENDING.store(0, Release);
    }
}

/// Goes on until it is dropped. There is one at a time, as there is one set of timers.
pub(crate) struct Storm {
    _run: KBox<Run>,
}

/// What tasks, timers and IPIs are passed.
struct Run {
    counts: Arc<Counts>,
    built: built::Storm,
}

impl Storm {
    /// Begins, with tasks that rest so many microseconds at a time; to be called while there is no
    /// other storm.
    pub(crate) fn new(counts: &Arc<Counts>, rest: u64) -> Result<Self> {
        counts.rest.store(rest, Relaxed);
        /// Calls a method of the counts.
        macro_rules! callback {
            ($method:ident) => {{
                /// # Safety
                ///
                /// `run` points at a `Run`.
                unsafe extern "C" fn $method(run: *mut c_void) {
                    // SAFETY: By the caller's promise.
                    let run = unsafe { &*run.cast::<Run>() };
                    run.counts.$method(&run.built);
                }
                $method
            }};
        }

        let run = Run {
            counts: counts.clone(),
            built: counts.built.storm()?,
        };
        let run = KBox::new(run, GFP_KERNEL)?;
        let arg = (&raw const *run).cast_mut().cast();
        // SAFETY: All are passed a pointer to what is there until after the storm has ended, in `drop`.
        to_result(unsafe {
            percpu_test_stress(callback!(task), callback!(tick), callback!(ipi), arg)
        })?;
        Ok(Self { _run: run })
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        // SAFETY: It was begun by `new`.
        unsafe { percpu_test_end_stress() };
    }
}
