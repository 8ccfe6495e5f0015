// SPDX-License-Identifier: GPL-2.0

//! Every architecture: a plain read-modify-write, with interrupts off where it has to be atomic.
//!
//! C header: [`include/asm-generic/percpu.h`](srctree/include/asm-generic/percpu.h)
//!
//! As in C, an update made by an NMI in the middle of one of these is lost.

use super::{
    copy::{
        compare_and_store,
        update, //
    },
    irqs::raw_irqs_off, //
};
use crate::{
    place::{
        self,
        Access,
        CpuOps,
        Offset,
        Place, //
    },
    scalar::ScalarType, //
};

pub(crate) use super::in_c::{
    cmpxchg128,
    preempt_disable,
    preempt_enable,
    raw_smp_processor_id,
    this_cpu_offset, //
};

/// Nothing to generate: the implementation below serves static variables too.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_static_ops {
    ($root:ty, $storage:path) => {};
}

/// Calls `f` with the address of this CPU's copy, with interrupts off if `A` asks for it.
#[inline(always)]
fn on_copy<I, O: Offset, A: Access, R>(root: impl Place, at: O, f: impl FnOnce(*mut I) -> R) -> R {
    let f = || {
        let ptr = place::shift(root.as_ptr(), this_cpu_offset());
        f(ptr.wrapping_byte_add(at.bytes()).cast())
    };
    if A::ATOMIC {
        raw_irqs_off(f)
    } else {
        f()
    }
}

// On this CPU's copy of what `as_ptr()` points at.
impl<P: Place> CpuOps for P {
    #[inline(always)]
    unsafe fn read<I: ScalarType, O: Offset, A: Access>(self, at: O) -> I {
        // SAFETY: The caller says that there is an `I`.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe { ptr.read_volatile() })
    }

    #[inline(always)]
    unsafe fn write<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        // SAFETY: The caller says that there is an `I`.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe { ptr.write_volatile(v) })
    }

    #[inline(always)]
    unsafe fn add<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        // SAFETY: By the caller's promise.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
            update(ptr, |old| old.wrapping_add(v.to_bits()))
        });
    }

    #[inline(always)]
    unsafe fn and<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        // SAFETY: By the caller's promise.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
            update(ptr, |old| old & v.to_bits())
        });
    }

    #[inline(always)]
    unsafe fn or<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        // SAFETY: By the caller's promise.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
            update(ptr, |old| old | v.to_bits())
        });
    }

    #[inline(always)]
    unsafe fn inc<I: ScalarType, O: Offset, A: Access>(self, at: O) {
        // SAFETY: By the caller's promise.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
            update(ptr, |old| old.wrapping_add(1))
        });
    }

    #[inline(always)]
    unsafe fn dec<I: ScalarType, O: Offset, A: Access>(self, at: O) {
        // SAFETY: By the caller's promise.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
            update(ptr, |old| old.wrapping_sub(1))
        });
    }

    #[inline(always)]
    unsafe fn add_return<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) -> I {
        // SAFETY: By the caller's promise.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
            update(ptr, |old| old.wrapping_add(v.to_bits())).1
        })
    }

    #[inline(always)]
    unsafe fn xchg<I: ScalarType, O: Offset, A: Access>(self, at: O, new: I) -> I {
        // SAFETY: By the caller's promise.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe { update(ptr, |_| new.to_bits()).0 })
    }

    #[inline(always)]
    unsafe fn cmpxchg<I: ScalarType, O: Offset, A: Access>(self, at: O, old: I, new: I) -> I {
        // SAFETY: By the caller's promise.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe { compare_and_store(ptr, old, new) })
    }
}
