// SPDX-License-Identifier: GPL-2.0

//! The backends: how an architecture carries out [`Place`](crate::place::Place).
//!
//! A backend either implements `Place` for every [`Address`](crate::place::Address) at once, from its
//! address, or, where instructions name symbols, for [`Allocated`](crate::place::Allocated) and
//! through `__percpu_static_ops!` for each static variable.

#[cfg(all(CONFIG_X86_64, not(CONFIG_UML), not(percpu_generic)))]
mod x86_64;

#[cfg(not(all(CONFIG_X86_64, not(CONFIG_UML), not(percpu_generic))))]
mod generic;
