// SPDX-License-Identifier: GPL-2.0

//! Per-CPU variables: what C has in `DEFINE_PER_CPU`, `alloc_percpu` and `this_cpu_*`.
//!
//! C headers: [`include/linux/percpu-defs.h`](srctree/include/linux/percpu-defs.h),
//! [`include/linux/percpu.h`](srctree/include/linux/percpu.h)
//!
//! A per-CPU variable has one copy for every possible CPU. Each CPU works on its own, so that no
//! lock and no atomic instruction is needed:
//!
//! ```
//! define_per_cpu! {
//!     static HITS: Scalar<usize> = Scalar::new(0);
//! }
//!
//! HITS.this_cpu_inc();
//! pr_info!("{} hits\n", HITS.sum());
//! # assert_eq!(HITS.sum(), 1);
//! ```
//!
//! | C | here |
//! |---|---|
//! | `DEFINE_PER_CPU` | [`define_per_cpu!`] |
//! | `alloc_percpu`, `free_percpu` | [`PerCpuBox`] |
//! | `this_cpu_*`, `per_cpu` | methods of [`PerCpu`] |
//! | `get_cpu`, `put_cpu` | [`get_cpu`] |
//! | `for_each_possible_cpu` | [`possible_cpus`] |
//! | `for_each_online_cpu` | [`CpusHeld::online_cpus`] |
//! | `on_each_cpu`, `smp_call_function_single`, `smp_call_on_cpu` | [`on_each_cpu`], [`smp_call_function_single`], [`smp_call_on_cpu`] |
//! | `cpuhp_setup_state` | [`Cpuhp`] |
//! | `local_lock_t` | [`LocalLock`] |
//! | `u64_stats_t` | [`U64Stats`] |
//! | `percpu_counter`, `percpu_ref`, `percpu_rw_semaphore` | [`PercpuCounter`], [`PercpuRef`], [`PercpuRwSemaphore`] |
//!
//! The whole table is in `docs/c-api.md`. `docs/recipes.md` says which context permits what, and has a
//! histogram, a pair of counts and a queue; `docs/soundness.md` argues for soundness.
//!
//! Three lines of Kbuild compile the crate into a module, for any kernel from 7.2 on with `CONFIG_RUST`;
//! see `percpu/percpu.mk` and `examples/hello_percpu`:
//!
//! ```make
//! obj-m := hello.o
//! hello-y := hello_main.o
//! include PATH/TO/percpu/percpu.mk
//! ```

mod alive;
mod arch;
mod cmpxchg128;
mod cpuhp;
mod cpus;
mod decimal;
mod define_per_cpu;
mod element;
mod field;
mod get_cpu;
mod irqs_off;
mod level;
mod local_lock;
mod migrate_disable;
mod per_cpu;
mod per_cpu_ref;
mod percpu_box;
mod percpu_counter;
mod percpu_ref;
mod percpu_rwsem;
mod pinned;
#[doc(hidden)]
pub mod place;
mod scalar;
mod smp_call;
mod sum;
mod this_cpu;
mod u64_stats;
#[doc(hidden)]
pub mod versions;
mod write_all;

pub use cmpxchg128::Scalar128;
pub use cpuhp::{
    CpuHotplug,
    Cpuhp,
    DeadCpu, //
};
pub use cpus::{
    cpus_read_lock,
    possible_cpus,
    Cpus,
    CpusHeld,
    PossibleCpu, //
};
pub use decimal::Decimal;
#[doc(hidden)]
pub use define_per_cpu::{
    AnyDrops,
    Drops,
    Storage, //
};
pub use define_per_cpu::{
    Declared,
    Exported, //
};
pub use get_cpu::{
    get_cpu,
    PreemptOff, //
};
pub use irqs_off::{
    irqs_off,
    IrqsDisabled,
    IrqsOff, //
};
pub use local_lock::LocalLock;
pub use migrate_disable::{
    migrate_disable,
    MigrateOff, //
};
pub use per_cpu::PerCpu;
pub use per_cpu_ref::PerCpuRef;
pub use percpu_box::{
    IterMut,
    PerCpuBox, //
};
pub use percpu_counter::{
    PercpuCounter,
    PercpuCounterBox, //
};
#[cfg(CONFIG_64BIT)]
pub use percpu_ref::{
    PercpuArc,
    PercpuArcOwner, //
};
pub use percpu_ref::{
    PercpuRef,
    PercpuRefGuard,
    PercpuRefInit,
    PercpuRefOps, //
};
pub use percpu_rwsem::PercpuRwSemaphore;
pub use pinned::Pinned;
pub use place::Place;
pub use scalar::{
    Bits,
    Integer,
    Scalar,
    ScalarType, //
};
pub use smp_call::{
    on_each_cpu,
    queue_work_on,
    smp_call_function_single,
    smp_call_on_cpu,
    SmpCall, //
};
pub use sum::Iter;
pub use u64_stats::{
    Additions,
    More,
    U64Counts,
    U64Stats, //
};

// For the macros: a crate may call anything `core`, by `extern crate self as core`.
#[doc(hidden)]
pub use ::core as __core;
#[doc(hidden)]
pub use ::kernel as __kernel;

/// The largest per-CPU variable, in bytes: `PCPU_MIN_UNIT_SIZE` in C.
#[doc(alias = "PCPU_MIN_UNIT_SIZE")]
pub const MAX_SIZE: usize = 32 << 10;
