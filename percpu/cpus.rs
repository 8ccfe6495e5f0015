// SPDX-License-Identifier: GPL-2.0

//! The CPUs: possible, online, and calling a function on each.
//!
//! C headers: [`include/linux/cpumask.h`](srctree/include/linux/cpumask.h),
//! [`include/linux/smp.h`](srctree/include/linux/smp.h)

use crate::irqs_off::IrqsOff;
use kernel::{
    bindings,
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    prelude::*,
    types::NotThreadSafe, //
};

/// Whether `mask` has `cpu`.
///
/// # Safety
///
/// `mask` is one of the kernel's own masks.
#[inline]
unsafe fn test(mask: *const bindings::cpumask, cpu: u32) -> bool {
    let bits = c_ulong::BITS;
    // SAFETY: `cpu` is a `CpuId`'s number or below `nr_cpu_ids`, so the mask has its bit; the
    // kernel changes masks by atomic operations, against which a volatile read is enough.
    let word = unsafe {
        (&raw const (*mask).bits)
            .cast::<c_ulong>()
            .add((cpu / bits) as usize)
            .read_volatile()
    };
    word >> (cpu % bits) & 1 != 0
}

/// The CPUs of `mask`, in ascending order.
///
/// # Safety
///
/// As for `test`.
unsafe fn iter(mask: *const bindings::cpumask) -> impl Iterator<Item = CpuId> {
    (0..nr_cpu_ids())
        // SAFETY: By the caller's promise.
        .filter(move |&cpu| unsafe { test(mask, cpu) })
        .filter_map(CpuId::from_u32)
}

/// Every CPU that this boot may ever bring online, in ascending order: `for_each_possible_cpu` in
/// C.
///
/// The set does not change after boot. May be called in any context.
pub fn possible_cpus() -> impl Iterator<Item = CpuId> {
    // SAFETY: The kernel's own mask.
    unsafe { iter(&raw const bindings::__cpu_possible_mask) }
}

/// Whether `cpu` is one of [`possible_cpus`]: `cpu_possible` in C.
#[inline]
pub fn is_possible(cpu: CpuId) -> bool {
    // SAFETY: The kernel's own mask.
    unsafe { test(&raw const bindings::__cpu_possible_mask, cpu.as_u32()) }
}

/// Holds off CPU hotplug, made by [`cpus_read_lock`].
pub struct CpusReadGuard(NotThreadSafe);

/// Keeps CPUs from coming and going until the guard is dropped: `cpus_read_lock` in C.
///
/// May sleep.
pub fn cpus_read_lock() -> CpusReadGuard {
    // SAFETY: May be called by any task that may sleep.
    unsafe { bindings::cpus_read_lock() };
    CpusReadGuard(NotThreadSafe)
}

// SAFETY: The guard speaks of all CPUs, not of the one it is used on. Only dropping it is up to the
// task that made it.
unsafe impl Sync for CpusReadGuard {}

impl CpusReadGuard {
    /// Whether `cpu` is online, and stays so while the guard is held.
    pub fn is_online(&self, cpu: CpuId) -> bool {
        // SAFETY: The kernel's own mask.
        unsafe { test(&raw const bindings::__cpu_online_mask, cpu.as_u32()) }
    }

    /// Every online CPU, in ascending order: `for_each_online_cpu` in C.
    pub fn online_cpus(&self) -> impl Iterator<Item = CpuId> + '_ {
        // SAFETY: The kernel's own mask.
        unsafe { iter(&raw const bindings::__cpu_online_mask) }
    }
}

impl Drop for CpusReadGuard {
    fn drop(&mut self) {
        // SAFETY: The guard was made by `cpus_read_lock`, by this task.
        unsafe { bindings::cpus_read_unlock() };
    }
}

/// Calls `f` once on every online CPU, at the same time, and returns when all are done:
/// `on_each_cpu` in C.
///
/// `f` is passed the proof that interrupts are off where it runs, and must do nothing that
/// [`irqs_off`](crate::irqs_off) forbids. Not to be called with interrupts off or from an interrupt.
pub fn on_each_cpu<F: Fn(&IrqsOff) + Sync>(f: F) {
    /// # Safety
    ///
    /// `f` points at an `F`, and interrupts are off.
    unsafe extern "C" fn call<F: Fn(&IrqsOff) + Sync>(f: *mut c_void) {
        // SAFETY: By the caller's promise; `F: Sync` lets every CPU use it at once.
        unsafe { (*f.cast::<F>())(&IrqsOff::new()) }
    }

    // SAFETY: `call::<F>` is passed a pointer to an `F`, with interrupts off. Waiting for all calls
    // to return keeps `f` alive for them.
    unsafe {
        bindings::on_each_cpu_cond_mask(
            None,
            Some(call::<F>),
            (&raw const f).cast_mut().cast(),
            true,
            &raw const bindings::__cpu_online_mask,
        )
    };
}
