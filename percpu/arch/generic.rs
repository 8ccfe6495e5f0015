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
#[cfg(percpu_inline = "count")]
use crate::place::Raw;
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
#[cfg(any(percpu_inline = "offset", percpu_inline = "count"))]
use core::arch::asm;
#[cfg(all(percpu_inline = "count", CONFIG_RISCV))]
use core::hint::assert_unchecked;

pub(crate) use super::in_c::cmpxchg128;
#[cfg(any(CONFIG_X86_64, CONFIG_ARM64))]
pub(crate) use super::in_c::{
    preempt_disable,
    preempt_enable,
    raw_smp_processor_id, //
};
#[cfg(not(any(CONFIG_X86_64, CONFIG_ARM64)))]
pub(crate) use super::thread_info::{
    preempt_disable,
    preempt_enable,
    raw_smp_processor_id, //
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
        let ptr = raw_cpu_ptr(root.as_ptr());
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
        // Nothing can come in between; but the task must not be moved.
        #[cfg(percpu_inline = "count")]
        if A::ATOMIC && size_of::<I>() <= size_of::<usize>() {
            // SAFETY: Undone below.
            unsafe { super::thread_info::preempt_disable_notrace() };
            // SAFETY: The caller says that there is an `I`.
            let v = on_copy::<I, O, Raw, _>(self, at, |ptr| unsafe { ptr.read_volatile() });
            // SAFETY: Undoes the above.
            unsafe { super::thread_info::preempt_enable_notrace() };
            return v;
        }
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
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
            compare_and_store(ptr, old, new, |now, old| now == old).0
        })
    }

    #[inline(always)]
    unsafe fn try_cmpxchg<I: ScalarType, O: Offset, A: Access>(
        self,
        at: O,
        old: &mut I,
        new: I,
    ) -> bool {
        // SAFETY: By the caller's promise.
        let (now, stored) = on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
            compare_and_store(ptr, *old, new, |now, old| now == old)
        });
        if !stored {
            *old = now;
        }
        stored
    }
}

/// What takes a per-CPU pointer to this CPU's copy: `__my_cpu_offset` in C.
#[cfg(percpu_inline = "offset")]
#[inline(always)]
fn this_cpu_offset() -> usize {
    let offset;
    // SAFETY: Reads the register that the kernel keeps the offset in.
    unsafe {
        asm!(
            code!(this_cpu_offset),
            out = out(reg) offset,
            options(readonly, nostack, preserves_flags)
        )
    };
    offset
}

#[cfg(not(percpu_inline = "offset"))]
use super::in_c::this_cpu_offset;

/// The address of this CPU's copy.
#[inline(always)]
pub(crate) fn raw_cpu_ptr<T>(ptr: *mut T) -> *mut T {
    place::shift(ptr, this_cpu_offset())
}

/// The running task's word, `AT` bytes into its `struct thread_info`.
#[cfg(all(percpu_inline = "count", not(CONFIG_RISCV)))]
#[inline(always)]
fn thread_info<const AT: usize>() -> *mut u32 {
    let task: *mut u32;
    // SAFETY: Reads a register, which is the same for as long as the task runs.
    unsafe {
        asm!(
            code!(current_thread_info),
            out = out(reg) task,
            options(pure, nomem, nostack, preserves_flags)
        )
    };
    task.wrapping_byte_add(AT)
}

/// Reads that word.
#[cfg(all(percpu_inline = "count", not(CONFIG_RISCV)))]
#[inline(always)]
pub(super) fn thread_info_read<const AT: usize>() -> u32 {
    // SAFETY: The task's own word.
    unsafe { thread_info::<AT>().read_volatile() }
}

/// Writes to that word.
///
/// # Safety
///
/// The kernel lets the task write that.
#[cfg(all(percpu_inline = "count", CONFIG_PREEMPT_COUNT, not(CONFIG_RISCV)))]
#[inline(always)]
pub(super) unsafe fn thread_info_write<const AT: usize>(word: u32) {
    // SAFETY: By the caller's promise.
    unsafe { thread_info::<AT>().write_volatile(word) };
}

/// Reads that word, at the register that has the running task.
#[cfg(all(percpu_inline = "count", CONFIG_RISCV))]
#[inline(always)]
pub(super) fn thread_info_read<const AT: usize>() -> u32 {
    let word: usize;
    // SAFETY: Reads the task's own word; `tp` is the task's for as long as it runs. The instruction
    // leaves zeros above the word.
    unsafe {
        asm!(
            "lwu {word}, {at}(tp)",
            at = const AT,
            word = lateout(reg) word,
            options(nostack, preserves_flags, readonly)
        );
        assert_unchecked(word <= u32::MAX as usize);
    };
    word as u32
}

/// Writes to that word.
///
/// # Safety
///
/// The kernel lets the task write that.
#[cfg(all(percpu_inline = "count", CONFIG_PREEMPT_COUNT, CONFIG_RISCV))]
#[inline(always)]
pub(super) unsafe fn thread_info_write<const AT: usize>(word: u32) {
    // SAFETY: By the caller's promise.
    unsafe {
        asm!(
            "sw {word}, {at}(tp)",
            at = const AT,
            word = in(reg) word,
            options(nostack, preserves_flags)
        )
    };
}
