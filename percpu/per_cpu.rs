// SPDX-License-Identifier: GPL-2.0

//! A per-CPU variable, and references to its copies.

use crate::{
    arch,
    cpus::PossibleCpu,
    get_cpu::get_cpu,
    irqs_off::IrqsDisabled,
    pinned::Pinned,
    place::{
        self,
        Place, //
    },
    scalar::{
        Scalar,
        ScalarType, //
    },
};
use core::marker::PhantomData;
use kernel::fmt;

/// A per-CPU variable: one copy for every possible CPU.
///
/// `P` says where the copies live: [`define_per_cpu!`](crate::define_per_cpu) makes such a type
/// for each static variable, [`PerCpuBox`](crate::PerCpuBox) dereferences to a `PerCpu`, and
/// [`field!`](crate::field) makes one of a field.
///
/// What can be done depends on what a copy holds:
///
/// | target | this CPU's copy | another CPU's copy |
/// |---|---|---|
/// | [`Scalar`] | `this_cpu_*`, in any context | [`per_cpu`](Self::per_cpu) |
/// | any `Sync` type | [`this_cpu_ptr`](Self::this_cpu_ptr), [`get_cpu_var`](Self::get_cpu_var) | [`per_cpu_ptr`](Self::per_cpu_ptr) |
/// | any type, such as `Cell` and `RefCell` | [`this_cpu_local`](Self::this_cpu_local), interrupts off | [`dead_cpu_ptr`](Self::dead_cpu_ptr), of a dead CPU |
/// | [`LocalLock`](crate::LocalLock) | [`local_lock`](Self::local_lock) and its like | [`dead_cpu_trylock`](Self::dead_cpu_trylock), of a dead CPU |
///
/// Each operation on a `Scalar` comes in three forms, as in C:
///
/// | form | where | an interrupt in the middle |
/// |---|---|---|
/// | `this_cpu_*` | anywhere | impossible |
/// | `__this_cpu_*` | with a [`Pinned`] proof, which debug kernels check | its update may be lost |
/// | `raw_cpu_*` | anywhere; a task that is moved may change another CPU's copy | its update may be lost |
///
/// With the backend for x86-64 all three are the same instructions, but for `xchg`.
///
/// Memory is ordered as in C: operations on a CPU are seen by that CPU in program order, and by
/// other CPUs in any order.
#[repr(transparent)]
pub struct PerCpu<P: Place> {
    place: P,
    _copies: PhantomData<*mut P::Target>,
}

// SAFETY: A value that one task puts into a copy may be taken out or dropped by another, on any
// CPU: that is what `Target: Send` allows. Shared references to a copy are handed out to several
// tasks only for `Target: Sync`, by the methods.
unsafe impl<P: Place> Send for PerCpu<P> where P::Target: Send {}

// SAFETY: As for `Send`: a shared `PerCpu` is enough to move values between CPUs.
unsafe impl<P: Place> Sync for PerCpu<P> where P::Target: Send {}

impl<P> fmt::Debug for PerCpu<P>
where
    P: Place,
    P::Target: fmt::Debug + Sync,
{
    /// The copies of all possible CPUs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let copies = self.iter().map(|(cpu, copy)| (cpu.as_u32(), copy));
        f.debug_map().entries(copies).finish()
    }
}

impl<P: Place> PerCpu<P> {
    /// # Safety
    ///
    /// What [`Place`] says of an implementation is true of `place`. As long as a result of this
    /// function exists, nothing else uses the copies, and no copy is dropped or freed.
    #[doc(hidden)]
    pub const unsafe fn from_place(place: P) -> Self {
        Self {
            place,
            _copies: PhantomData,
        }
    }

    #[inline(always)]
    pub(crate) fn place(&self) -> P {
        self.place
    }

    #[inline(always)]
    pub(crate) fn root(&self) -> P::Root {
        self.place.root()
    }

    #[inline(always)]
    pub(crate) fn offset(&self) -> P::Offset {
        self.place.offset()
    }

    /// The `__percpu` pointer in C: it names the variable, and is no address of anything until a CPU's
    /// offset is added. May be called in any context.
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut P::Target {
        self.place.as_ptr()
    }

    /// The address of this CPU's copy: `raw_cpu_ptr` in C.
    ///
    /// May be called in any context. If nothing keeps the task on its CPU, it may have moved since, and the
    /// copy is that of the CPU it was on.
    #[inline(always)]
    pub fn raw_cpu_ptr(&self) -> *mut P::Target {
        arch::raw_cpu_ptr(self.as_ptr())
    }

    /// This CPU's copy, for as long as `pinned` proves that this is the CPU: `this_cpu_ptr` in C.
    ///
    /// Interrupts and, with a [`MigrateOff`](crate::MigrateOff), other tasks may use the copy
    /// at the same time, so it has to be `Sync`. May be called wherever such a proof can be had.
    #[inline(always)]
    pub fn this_cpu_ptr<'a>(&'a self, pinned: &'a impl Pinned) -> &'a P::Target
    where
        P::Target: Sync,
    {
        pinned.check();
        // SAFETY: A possible CPU's copy is valid as long as `self`, and may be shared.
        unsafe { &*self.raw_cpu_ptr() }
    }

    /// This CPU's copy of any type, such as `Cell` or `RefCell`, while interrupts are off.
    ///
    /// With interrupts off only the caller, and what it calls, can use the copy on this CPU, and other CPUs
    /// have no way to it while this one is alive. `this_cpu_ptr` in C, under `local_irq_save`.
    #[inline(always)]
    pub fn this_cpu_local<'a>(&'a self, irqs: &'a impl IrqsDisabled) -> &'a P::Target {
        irqs.check();
        // SAFETY: The copy is valid as long as `self`. If it is not `Sync`, this is the only way to that of
        // a live CPU, so all references are on this CPU, in whatever runs with interrupts off now.
        unsafe { &*self.raw_cpu_ptr() }
    }

    /// Calls `f` with this CPU's copy, and preemption off: `get_cpu_var` and `get_cpu_ptr` in C, and
    /// `put_cpu_var` or `put_cpu_ptr` after it.
    ///
    /// Context as for [`get_cpu`].
    #[doc(alias = "put_cpu_var")]
    #[doc(alias = "get_cpu_ptr")]
    #[doc(alias = "put_cpu_ptr")]
    #[inline(always)]
    pub fn get_cpu_var<R>(&self, f: impl FnOnce(&P::Target) -> R) -> R
    where
        P::Target: Sync,
    {
        get_cpu(|cpu| f(self.this_cpu_ptr(cpu)))
    }

    /// The copy of `cpu`, online or not: `per_cpu_ptr` in C.
    ///
    /// May be called in any context.
    #[inline(always)]
    pub fn per_cpu_ptr(&self, cpu: PossibleCpu) -> &P::Target
    where
        P::Target: Sync,
    {
        // SAFETY: A possible CPU's copy is valid as long as `self`, and may be shared.
        unsafe { &*place::per_cpu_ptr(self.as_ptr(), cpu.into()) }
    }
}

impl<P, I> PerCpu<P>
where
    P: Place<Target = Scalar<I>>,
    I: ScalarType,
{
    /// Reads the copy of `cpu`, online or not: `READ_ONCE(per_cpu(var, cpu))` in C.
    ///
    /// May be called in any context. On 32-bit architectures, a 64-bit value that is being changed
    /// may be read in two halves.
    #[inline(always)]
    pub fn per_cpu(&self, cpu: PossibleCpu) -> I {
        self.per_cpu_ptr(cpu).read_once()
    }
}
