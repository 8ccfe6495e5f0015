// SPDX-License-Identifier: GPL-2.0

//! The CPUs, possible and online.
//!
//! C headers: [`include/linux/cpumask.h`](srctree/include/linux/cpumask.h),
//! [`include/linux/cpuhplock.h`](srctree/include/linux/cpuhplock.h)

use crate::level::on_a_level;
use core::{
    marker::PhantomData,
    ops::Deref, //
};
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
/// `mask` is one of the kernel's own masks, and `cpu` a `CpuId`'s number.
#[inline]
pub(crate) unsafe fn test(mask: *const bindings::cpumask, cpu: u32) -> bool {
    // SAFETY: By the caller's promise.
    unsafe { from(mask, cpu) & 1 != 0 }
}

/// The bits of `mask` from that of `cpu` on, up to the end of its word.
///
/// # Safety
///
/// `mask` is one of the kernel's own masks, and `cpu` below `nr_cpu_ids`.
#[inline]
unsafe fn from(mask: *const bindings::cpumask, cpu: u32) -> c_ulong {
    let bits = c_ulong::BITS;
    let index = if size_of::<bindings::cpumask>() == size_of::<c_ulong>() {
        0
    } else {
        cpu / bits
    };
    // SAFETY: By the caller's promise the mask has the bit; the kernel changes masks by atomic
    // operations, against which a volatile read is enough.
    let word = unsafe {
        (&raw const (*mask).bits)
            .cast::<c_ulong>()
            .add(index as usize)
            .read_volatile()
    };
    word >> (cpu % bits)
}

/// A CPU that this boot may ever bring online, so that every variable has a copy for it.
///
/// It dereferences to the kernel's [`CpuId`], which only says that the number is in range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PossibleCpu(CpuId);

impl PossibleCpu {
    /// `None` unless `cpu` is possible: `cpu_possible` in C.
    ///
    /// May be called in any context.
    #[doc(alias = "cpu_possible")]
    #[inline]
    pub fn new(cpu: CpuId) -> Option<Self> {
        // SAFETY: The kernel's own mask.
        unsafe { test(&raw const bindings::__cpu_possible_mask, cpu.as_u32()) }.then_some(Self(cpu))
    }

    /// Takes `cpu` without a check.
    ///
    /// # Safety
    ///
    /// `cpu` is possible.
    #[inline(always)]
    pub unsafe fn new_unchecked(cpu: CpuId) -> Self {
        Self(cpu)
    }
}

impl Deref for PossibleCpu {
    type Target = CpuId;

    #[inline(always)]
    fn deref(&self) -> &CpuId {
        &self.0
    }
}

impl From<PossibleCpu> for CpuId {
    #[inline(always)]
    fn from(cpu: PossibleCpu) -> Self {
        cpu.0
    }
}

impl PartialEq<CpuId> for PossibleCpu {
    #[inline(always)]
    fn eq(&self, other: &CpuId) -> bool {
        self.0 == *other
    }
}

/// The CPUs of a mask of the kernel's, in ascending order: see [`possible_cpus`] and
/// [`CpusHeld::online_cpus`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Cpus<'a> {
    mask: *const bindings::cpumask,
    next: u32,
    _unchanged: PhantomData<&'a CpusHeld>,
}

impl Cpus<'_> {
    /// # Safety
    ///
    /// `mask` is one of the kernel's own masks, of possible CPUs alone, and does not change.
    #[inline(always)]
    unsafe fn new(mask: *const bindings::cpumask) -> Self {
        Self {
            mask,
            next: 0,
            _unchanged: PhantomData,
        }
    }
}

impl Iterator for Cpus<'_> {
    type Item = PossibleCpu;

    #[inline]
    fn next(&mut self) -> Option<PossibleCpu> {
        while self.next < nr_cpu_ids() {
            // SAFETY: By the promise made to `new`, and the number is in range.
            let rest = unsafe { from(self.mask, self.next) };
            if rest != 0 {
                let cpu = self.next.wrapping_add(rest.trailing_zeros());
                self.next = cpu.wrapping_add(1);
                // SAFETY: All CPUs of the mask are possible, and so in range.
                return Some(unsafe { PossibleCpu(CpuId::from_u32_unchecked(cpu)) });
            }
            self.next = (self.next | (c_ulong::BITS - 1)).wrapping_add(1);
        }
        None
    }
}

/// Every CPU that this boot may ever bring online, in ascending order: `for_each_possible_cpu` in
/// C.
///
/// The set does not change after boot. May be called in any context.
#[doc(alias = "for_each_possible_cpu")]
#[inline]
pub fn possible_cpus() -> Cpus<'static> {
    // SAFETY: The kernel's own mask, constant after boot.
    unsafe { Cpus::new(&raw const bindings::__cpu_possible_mask) }
}

/// Proof that CPUs neither come nor go, lent by [`cpus_read_lock`].
#[doc(alias = "lockdep_assert_cpus_held")]
#[derive(Debug)]
pub struct CpusHeld(NotThreadSafe);

/// Keeps CPUs from coming and going while `f` runs: `cpus_read_lock` and `cpus_read_unlock` in C.
///
/// May sleep, and `f` may as well. It does not nest: where `f` calls it, the task may deadlock with a CPU
/// that is about to come or go.
#[doc(alias = "cpus_read_unlock")]
#[inline]
pub fn cpus_read_lock<R>(f: impl FnOnce(&CpusHeld) -> R) -> R {
    // Where CPUs stay for good, C's functions are empty.
    #[cfg(CONFIG_HOTPLUG_CPU)]
    // SAFETY: May be called by any task that may sleep.
    unsafe {
        bindings::cpus_read_lock()
    };
    let result = on_a_level(|| f(&CpusHeld(NotThreadSafe)));
    #[cfg(CONFIG_HOTPLUG_CPU)]
    // SAFETY: Locked above, by this task.
    unsafe {
        bindings::cpus_read_unlock()
    };
    result
}

// SAFETY: It speaks of all CPUs, not of the one it is used on.
unsafe impl Sync for CpusHeld {}

impl CpusHeld {
    /// Whether `cpu` is online, which stays so as long as it is lent: `cpu_online` in C. May be called in any
    /// context.
    #[doc(alias = "cpu_online")]
    #[inline]
    pub fn is_online(&self, cpu: impl Into<CpuId>) -> bool {
        // SAFETY: The kernel's own mask.
        unsafe { test(&raw const bindings::__cpu_online_mask, cpu.into().as_u32()) }
    }

    /// Every online CPU, in ascending order: `for_each_online_cpu` in C. May be called in any context.
    #[doc(alias = "for_each_online_cpu")]
    #[inline]
    pub fn online_cpus(&self) -> Cpus<'_> {
        // SAFETY: The kernel's own mask, which does not change while CPUs are held.
        unsafe { Cpus::new(&raw const bindings::__cpu_online_mask) }
    }
}
