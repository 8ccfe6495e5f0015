// SPDX-License-Identifier: GPL-2.0

//! The backends: how an architecture carries out [`CpuOps`](crate::place::CpuOps), turns preemption
//! off, and finds out where it is.
//!
//! A backend implements `CpuOps` for every [`Place`](crate::place::Place) at once, from its
//! address; or, where instructions name symbols, for [`Allocated`](crate::place::Allocated), and
//! through `__percpu_static_ops!` for each static variable.
//!
//! What it assumes of the kernel is in `percpu_abi/assumed.c`. If that is not so for some part, which
//! is seen when a module is built, there is no `percpu_inline` for it: the functions of `in_c` do it,
//! or all is done by the generic backend.

#[macro_use]
mod assumed {
    //! What was taken from the kernel's headers.
    #![allow(dead_code, unused_macros, unused_macro_rules)]

    include!(env!("PERCPU_ASSUMED"));
}

mod in_c;
pub(crate) mod irqs;

#[cfg(all(
    CONFIG_X86_64,
    not(CONFIG_UML),
    percpu_inline = "ops",
    not(percpu_generic)
))]
mod x86_64;
#[cfg(all(
    CONFIG_X86_64,
    not(CONFIG_UML),
    percpu_inline = "ops",
    not(percpu_generic)
))]
use x86_64 as backend;

#[cfg(all(CONFIG_ARM64, percpu_inline = "ops", not(percpu_generic)))]
mod arm64;
#[cfg(all(CONFIG_ARM64, percpu_inline = "ops", not(percpu_generic)))]
use arm64 as backend;

#[cfg(all(
    CONFIG_LOONGARCH,
    percpu_inline = "ops",
    percpu_inline = "count",
    not(percpu_generic)
))]
mod loongarch;
#[cfg(all(
    CONFIG_LOONGARCH,
    percpu_inline = "ops",
    percpu_inline = "count",
    not(percpu_generic)
))]
use loongarch as backend;

#[cfg(any(
    percpu_generic,
    not(percpu_inline = "ops"),
    CONFIG_UML,
    all(CONFIG_LOONGARCH, not(percpu_inline = "count")),
    not(any(CONFIG_X86_64, CONFIG_ARM64, CONFIG_LOONGARCH))
))]
mod generic;
#[cfg(any(
    percpu_generic,
    not(percpu_inline = "ops"),
    CONFIG_UML,
    all(CONFIG_LOONGARCH, not(percpu_inline = "count")),
    not(any(CONFIG_X86_64, CONFIG_ARM64, CONFIG_LOONGARCH))
))]
use generic as backend;

#[cfg(not(any(CONFIG_X86_64, CONFIG_ARM64)))]
mod thread_info;

#[allow(dead_code)] // by the backend that has instructions
mod copy;

pub(crate) use backend::{
    cmpxchg128,
    preempt_disable,
    preempt_enable,
    raw_cpu_ptr,
    raw_smp_processor_id, //
};
