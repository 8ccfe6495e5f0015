// SPDX-License-Identifier: GPL-2.0

//! Every architecture: a plain read-modify-write, with interrupts off where it has to be atomic.
//!
//! C header: [`include/asm-generic/percpu.h`](srctree/include/asm-generic/percpu.h)
//!
//! As in C, an update made by an NMI in the middle of one of these is lost.

mod copy;

use crate::{
    place::{
        Access,
        CpuOps,
        Offset,
        Place, //
    },
    scalar::ScalarType, //
};
use copy::{
    compare_and_store,
    on_copy,
    update, //
};
use kernel::cpu::CpuId;
use percpu_abi as abi;

/// Nothing to generate: the implementation below serves static variables too.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_static_ops {
    ($root:ty, $storage:path) => {};
}

/// Calls `f` with interrupts off.
#[inline(always)]
fn on_one_cpu<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: Interrupts may be turned off in any context, and are put back below.
    let flags = unsafe { abi::rust_percpu_raw_irq_save() };
    let result = f();
    // SAFETY: `flags` are from the `rust_percpu_raw_irq_save` above.
    unsafe { abi::rust_percpu_raw_irq_restore(flags) };
    result
}

impl<P: Place> CpuOps for P {
    #[inline(always)]
    unsafe fn read<I: ScalarType, O: Offset, A: Access>(self) -> I {
        // SAFETY: The caller says that there is an `I`.
        on_copy::<I, O, A, _>(self, |ptr| unsafe { ptr.read_volatile() })
    }

    #[inline(always)]
    unsafe fn write<I: ScalarType, O: Offset, A: Access>(self, v: I) {
        // SAFETY: The caller says that there is an `I`.
        on_copy::<I, O, A, _>(self, |ptr| unsafe { ptr.write_volatile(v) })
    }

    #[inline(always)]
    unsafe fn add<I: ScalarType, O: Offset, A: Access>(self, v: I) {
        // SAFETY: By the caller's promise.
        unsafe { update::<I, O, A>(self, |old| old.wrapping_add(v.to_bits())) };
    }

    #[inline(always)]
    unsafe fn and<I: ScalarType, O: Offset, A: Access>(self, v: I) {
        // SAFETY: By the caller's promise.
        unsafe { update::<I, O, A>(self, |old| old & v.to_bits()) };
    }

    #[inline(always)]
    unsafe fn or<I: ScalarType, O: Offset, A: Access>(self, v: I) {
        // SAFETY: By the caller's promise.
        unsafe { update::<I, O, A>(self, |old| old | v.to_bits()) };
    }

    #[inline(always)]
    unsafe fn inc<I: ScalarType, O: Offset, A: Access>(self) {
        // SAFETY: By the caller's promise.
        unsafe { update::<I, O, A>(self, |old| old.wrapping_add(1)) };
    }

    #[inline(always)]
    unsafe fn dec<I: ScalarType, O: Offset, A: Access>(self) {
        // SAFETY: By the caller's promise.
        unsafe { update::<I, O, A>(self, |old| old.wrapping_sub(1)) };
    }

    #[inline(always)]
    unsafe fn add_return<I: ScalarType, O: Offset, A: Access>(self, v: I) -> I {
        // SAFETY: By the caller's promise.
        unsafe { update::<I, O, A>(self, |old| old.wrapping_add(v.to_bits())) }.1
    }

    #[inline(always)]
    unsafe fn xchg<I: ScalarType, O: Offset, A: Access>(self, new: I) -> I {
        // SAFETY: By the caller's promise.
        unsafe { update::<I, O, A>(self, |_| new.to_bits()) }.0
    }

    #[inline(always)]
    unsafe fn cmpxchg<I: ScalarType, O: Offset, A: Access>(self, old: I, new: I) -> I {
        // SAFETY: By the caller's promise.
        unsafe { compare_and_store::<I, O, A>(self, old, new) }
    }
}

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
    return unsafe { kernel::bindings::__per_cpu_offset[CpuId::current().as_u32() as usize] };
    #[cfg(not(CONFIG_SMP))]
    0
}

pub(crate) use super::{
    irqs_off_cmpxchg128 as cmpxchg128,
    preempt_in_c as preempt, //
};
