// SPDX-License-Identifier: GPL-2.0

//! What the running task's `struct thread_info` says: how often preemption is off, whether the
//! scheduler wants the CPU, and which CPU it is.
//!
//! C header: [`include/asm-generic/preempt.h`](srctree/include/asm-generic/preempt.h)
//!
//! For backends whose architecture has no counting of its own. How they reach the structure is
//! theirs: `thread_info_read`, and `thread_info_write` where preemption is counted.
#![allow(dead_code)] // not all by every backend

use super::{
    assumed,
    backend, //
};
use core::arch::asm;
use kernel::cpu::CpuId;

/// Keeps the compiler from moving accesses to memory across.
#[inline(always)]
fn barrier() {
    // SAFETY: No instruction.
    unsafe { asm!("", options(nostack, preserves_flags)) };
}

/// # Safety
///
/// Undone by `preempt_enable_notrace`, by the same task.
#[cfg(percpu_inline = "count")]
#[inline(always)]
pub(super) unsafe fn preempt_disable_notrace() {
    #[cfg(CONFIG_PREEMPT_COUNT)]
    {
        let count = backend::thread_info_read::<{ assumed::COUNT }>();
        // SAFETY: The count is the task's own; an interrupt leaves it as it found it.
        unsafe { backend::thread_info_write::<{ assumed::COUNT }>(count.wrapping_add(1)) };
    }
    barrier();
}

#[cfg(all(CONFIG_PREEMPTION, percpu_inline = "count"))]
extern "C" {
    #[link_name = code!(preempt_schedule_notrace)]
    fn preempt_schedule_notrace();

    #[cfg(percpu_inline = "preempt")]
    #[link_name = code!(preempt_schedule)]
    fn preempt_schedule();
}

/// Counts down, and calls `schedule` if preemption is on and the scheduler wants the CPU.
///
/// # Safety
///
/// Undoes one `preempt_disable_notrace` of the same task.
#[cfg(percpu_inline = "count")]
#[inline(always)]
unsafe fn count_down(schedule: impl FnOnce()) {
    barrier();
    #[cfg(CONFIG_PREEMPT_COUNT)]
    {
        let count = backend::thread_info_read::<{ assumed::COUNT }>().wrapping_sub(1);
        // SAFETY: As in `preempt_disable_notrace`.
        unsafe { backend::thread_info_write::<{ assumed::COUNT }>(count) };
        if cfg!(CONFIG_PREEMPTION)
            && count == 0
            && backend::thread_info_read::<{ assumed::FLAGS }>() & assumed::NEED_RESCHED as u32 != 0
        {
            schedule();
        }
    }
    #[cfg(not(CONFIG_PREEMPT_COUNT))]
    let _ = schedule;
}

/// # Safety
///
/// Undoes one `preempt_disable_notrace` of the same task.
#[cfg(percpu_inline = "count")]
#[inline(always)]
pub(super) unsafe fn preempt_enable_notrace() {
    // SAFETY: By the caller's promise; the scheduler may be called with preemption on.
    unsafe {
        count_down(|| {
            #[cfg(CONFIG_PREEMPTION)]
            preempt_schedule_notrace();
        })
    };
}

/// # Safety
///
/// Undone by `preempt_enable`, by the same task.
#[cfg(all(percpu_inline = "count", percpu_inline = "preempt"))]
#[inline(always)]
pub(crate) unsafe fn preempt_disable() {
    // SAFETY: By the caller's promise.
    unsafe { preempt_disable_notrace() };
}

/// # Safety
///
/// Undoes one `preempt_disable` of the same task.
#[cfg(all(percpu_inline = "count", percpu_inline = "preempt"))]
#[inline(always)]
pub(crate) unsafe fn preempt_enable() {
    // SAFETY: By the caller's promise; the scheduler may be called with preemption on.
    unsafe {
        count_down(|| {
            #[cfg(CONFIG_PREEMPTION)]
            preempt_schedule();
        })
    };
}

#[cfg(not(all(percpu_inline = "count", percpu_inline = "preempt")))]
pub(crate) use super::in_c::{
    preempt_disable,
    preempt_enable, //
};

/// The number of this CPU, which may be another one by the time it is looked at.
#[cfg(all(percpu_inline = "count", percpu_inline = "number"))]
#[inline(always)]
pub(crate) fn raw_smp_processor_id() -> CpuId {
    // SAFETY: The task's own field, which the scheduler keeps to the number of the CPU it runs on.
    unsafe { CpuId::from_u32_unchecked(backend::thread_info_read::<{ assumed::CPU }>()) }
}

#[cfg(not(all(percpu_inline = "count", percpu_inline = "number")))]
pub(crate) use super::in_c::raw_smp_processor_id;
