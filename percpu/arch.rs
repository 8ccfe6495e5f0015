// SPDX-License-Identifier: GPL-2.0

//! The backends: how an architecture carries out [`CpuOps`](crate::place::CpuOps), turns preemption
//! off, and finds out where it is.
//!
//! A backend implements `CpuOps` for every [`Place`](crate::place::Place) at once, from its
//! address; or, where instructions name symbols, for [`Allocated`](crate::place::Allocated), and
//! through `__percpu_static_ops!` for each static variable.

#[cfg(all(CONFIG_X86_64, not(CONFIG_UML), not(percpu_generic)))]
#[path = "arch/x86_64.rs"]
mod backend;

#[cfg(not(all(CONFIG_X86_64, not(CONFIG_UML), not(percpu_generic))))]
#[path = "arch/generic.rs"]
mod backend;

pub(crate) use backend::{
    cmpxchg128,
    preempt_disable,
    preempt_enable,
    raw_smp_processor_id,
    this_cpu_offset, //
};
