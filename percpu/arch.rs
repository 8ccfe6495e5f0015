// SPDX-License-Identifier: GPL-2.0

//! The backends: how an architecture carries out [`CpuOps`](crate::place::CpuOps), turns preemption
//! off, and finds out where it is.
//!
//! A backend implements `CpuOps` for every [`Place`](crate::place::Place) at once, from its
//! address; or, where instructions name symbols, for [`Allocated`](crate::place::Allocated), and
//! through `__percpu_static_ops!` for each static variable.

#[cfg_attr(
    all(CONFIG_X86_64, not(CONFIG_UML), not(percpu_generic)),
    path = "arch/x86_64.rs"
)]
#[cfg_attr(all(CONFIG_ARM64, not(percpu_generic)), path = "arch/arm64.rs")]
#[cfg_attr(
    any(percpu_generic, CONFIG_UML, not(any(CONFIG_X86_64, CONFIG_ARM64))),
    path = "arch/generic.rs"
)]
mod backend;

pub(crate) use backend::{
    cmpxchg128,
    preempt::{
        preempt_disable,
        preempt_enable, //
    },
    raw_smp_processor_id,
    this_cpu_offset, //
};

/// C's functions: for kernels on which they check or trace, and where there is nothing shorter.
#[allow(unused_imports)] // by backends that have instructions
pub(crate) mod preempt_in_c {
    pub(crate) use percpu_abi::{
        rust_percpu_preempt_disable as preempt_disable,
        rust_percpu_preempt_enable as preempt_enable, //
    };
}

/// Writes `new` if this CPU's copy of what `ptr` names equals `old`; returns what it was.
///
/// # Safety
///
/// `ptr` is a per-CPU pointer to 16 bytes, so aligned, that only this function touches.
#[inline]
#[allow(dead_code)] // by backends that have an instruction
pub(crate) unsafe fn irqs_off_cmpxchg128(
    ptr: *mut u128,
    old: u128,
    new: u128,
) -> kernel::error::Result<u128> {
    // SAFETY: Interrupts may be turned off in any context, and are put back below.
    let flags = unsafe { percpu_abi::rust_percpu_raw_irq_save() };
    let ptr = crate::place::raw_cpu_ptr(ptr);
    // SAFETY: The caller says that only this function touches this CPU's copy, and interrupts are
    // off.
    let now = unsafe { ptr.read() };
    if now == old {
        // SAFETY: As above.
        unsafe { ptr.write(new) };
    }
    // SAFETY: `flags` are from the `rust_percpu_raw_irq_save` above.
    unsafe { percpu_abi::rust_percpu_raw_irq_restore(flags) };
    Ok(now)
}
