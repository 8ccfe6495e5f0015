// SPDX-License-Identifier: GPL-2.0

//! C's functions: for kernels on which they check or trace, for what cannot be taken from the kernel,
//! and where there is nothing shorter.
#![allow(dead_code, unused_imports)] // each is for some backends

use super::irqs::raw_irqs_off;
use kernel::{
    cpu::CpuId,
    error::Result, //
};

pub(crate) use percpu_abi::{
    rust_percpu_preempt_disable as preempt_disable,
    rust_percpu_preempt_enable as preempt_enable, //
};

/// The number of this CPU, which may be another one by the time it is looked at.
#[inline(always)]
pub(crate) fn raw_smp_processor_id() -> CpuId {
    CpuId::current()
}

/// What takes a per-CPU pointer to this CPU's copy: `__my_cpu_offset` in C.
#[inline(always)]
pub(crate) fn this_cpu_offset() -> usize {
    #[cfg(CONFIG_SMP)]
    // SAFETY: The table has an entry for every CPU number, and is constant after boot.
    return unsafe {
        (&raw const kernel::bindings::__per_cpu_offset)
            .cast::<usize>()
            .add(super::raw_smp_processor_id().as_u32() as usize)
            .read()
    };
    #[cfg(not(CONFIG_SMP))]
    0
}

/// Writes `new` if this CPU's copy of what `ptr` names equals `old`; returns what it was.
///
/// # Safety
///
/// `ptr` is a per-CPU pointer to 16 bytes, so aligned, that only this function touches.
#[inline]
pub(crate) unsafe fn cmpxchg128(ptr: *mut u128, old: u128, new: u128) -> Result<u128> {
    raw_irqs_off(|| {
        let ptr = super::raw_cpu_ptr(ptr);
        // SAFETY: The caller says that only this function touches this CPU's copy, and interrupts
        // are off.
        unsafe {
            let now = ptr.read();
            if now == old {
                ptr.write(new);
            }
            Ok(now)
        }
    })
}
