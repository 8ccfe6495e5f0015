// SPDX-License-Identifier: GPL-2.0

//! A per-CPU variable and the operations on it.

use crate::{
    cpus::{
        cpus_read_lock,
        is_possible,
        on_each_cpu,
        possible_cpus, //
    },
    place::{
        self,
        Place, //
    },
    scalar::{
        Bits,
        Integer,
        Scalar,
        ScalarType, //
    },
};
use core::marker::PhantomData;
use kernel::{
    cpu::CpuId,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// A per-CPU variable: one copy for every possible CPU.
///
/// `P` says where the copies live: [`define_per_cpu!`](crate::define_per_cpu) makes such a type
/// for every static variable, and [`PerCpuBox`](crate::PerCpuBox) dereferences to one.
///
/// An operation on this CPU's copy may be called in any context, NMI included, and acts on
/// whichever CPU runs it: it is one instruction on x86-64. It is atomic against everything else on
/// that CPU and unordered against other CPUs, as in C.
pub struct PerCpu<P: Place> {
    place: P,
    _copies: PhantomData<*mut P::Target>,
}

// SAFETY: A copy may be written on one CPU by one task and be read or dropped on another CPU by
// another, which is what `Target: Send` allows. The methods see to the rest.
unsafe impl<P: Place> Send for PerCpu<P> where P::Target: Send {}

// SAFETY: As for `Send`: a shared variable is enough to move values between CPUs.
unsafe impl<P: Place> Sync for PerCpu<P> where P::Target: Send {}

impl<P: Place> PerCpu<P> {
    /// # Safety
    ///
    /// Nothing but the returned value uses the copies, for as long as it exists.
    #[doc(hidden)]
    pub const unsafe fn from_place(place: P) -> Self {
        Self {
            place,
            _copies: PhantomData,
        }
    }

    /// What identifies the variable, the `__percpu` pointer in C. It is no address of anything.
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut P::Target {
        self.place.as_ptr()
    }

    /// The address of a CPU's copy; `None` if `cpu` is not possible.
    #[inline]
    pub(crate) fn per_cpu_ptr(&self, cpu: CpuId) -> Option<*mut P::Target> {
        is_possible(cpu).then(|| place::per_cpu_ptr(self.as_ptr(), cpu))
    }
}

/// Reading, writing and exchanging: every scalar type.
impl<P, I> PerCpu<P>
where
    P: Place<Target = Scalar<I>>,
    I: ScalarType,
{
    /// Reads this CPU's copy.
    #[inline(always)]
    pub fn this_cpu_read(&self) -> I {
        // SAFETY: `Target` is `Scalar<I>`, which only these operations touch.
        unsafe { self.place.this_cpu_read() }
    }

    /// Overwrites this CPU's copy.
    #[inline(always)]
    pub fn this_cpu_write(&self, value: I) {
        // SAFETY: As in `this_cpu_read`.
        unsafe { self.place.this_cpu_write(value) }
    }

    /// Overwrites this CPU's copy and returns what it was.
    #[inline(always)]
    pub fn this_cpu_xchg(&self, new: I) -> I {
        // SAFETY: As in `this_cpu_read`.
        unsafe { self.place.this_cpu_xchg(new) }
    }

    /// Overwrites this CPU's copy if it equals `old`; returns what it was, which is `old` exactly
    /// when it was overwritten.
    #[inline(always)]
    pub fn this_cpu_cmpxchg(&self, old: I, new: I) -> I {
        // SAFETY: As in `this_cpu_read`.
        unsafe { self.place.this_cpu_cmpxchg(old, new) }
    }

    /// Reads the copy of `cpu`, online or not: `READ_ONCE(per_cpu(var, cpu))` in C. `None` if
    /// `cpu` is not possible.
    ///
    /// On 32-bit architectures a 64-bit value that is being changed may be read in two halves.
    #[inline]
    pub fn per_cpu(&self, cpu: CpuId) -> Option<I> {
        let ptr = self.per_cpu_ptr(cpu)?;
        // SAFETY: `cpu` is possible, so `ptr` points at a copy, which holds an `I`. Its owner may
        // write to it meanwhile, in one access of the same width, as this one.
        Some(unsafe { ptr.cast::<I>().read_volatile() })
    }

    /// Overwrites the copy of every possible CPU.
    ///
    /// Every online CPU does so itself and no CPU comes or goes meanwhile, so no operation is torn
    /// or lost that starts after this returns.
    ///
    /// May sleep; not to be called with interrupts off or while holding a guard.
    pub fn write_all(&self, value: I)
    where
        I: Sync,
    {
        self.replace_all(value, |_| ())
    }

    /// Puts `value` into the copy of every possible CPU and passes what was there to `old`.
    fn replace_all(&self, value: I, old: impl Fn(I) + Sync)
    where
        I: Sync,
    {
        let cpus = cpus_read_lock();
        let deputy = cpus.online_cpus().next();
        on_each_cpu(|| {
            old(self.this_cpu_xchg(value));
            if Some(CpuId::current()) != deputy {
                return;
            }
            for cpu in possible_cpus().filter(|&cpu| !cpus.is_online(cpu)) {
                if let Some(ptr) = self.per_cpu_ptr(cpu) {
                    // SAFETY: `ptr` points at the copy of a possible CPU, which holds an `I`. That
                    // CPU stays offline while `cpus` is held, so it does not touch its copy. Any
                    // other writer is here too, on this very CPU: interrupts are off, so not now.
                    old(unsafe { ptr.cast::<I>().replace(value) });
                }
            }
        });
    }
}

/// Counting.
impl<P, I> PerCpu<P>
where
    P: Place<Target = Scalar<I>>,
    I: Integer,
{
    /// Adds to this CPU's copy, wrapping around.
    #[inline(always)]
    pub fn this_cpu_add(&self, value: I) {
        // SAFETY: `Target` is `Scalar<I>`, which only these operations touch.
        unsafe { self.place.this_cpu_add(value) }
    }

    /// Subtracts from this CPU's copy, wrapping around.
    #[inline(always)]
    pub fn this_cpu_sub(&self, value: I) {
        self.this_cpu_add(value.wrapping_neg())
    }

    /// Adds one to this CPU's copy, wrapping around.
    #[inline(always)]
    pub fn this_cpu_inc(&self) {
        // SAFETY: As in `this_cpu_add`.
        unsafe { self.place.this_cpu_inc::<I>() }
    }

    /// Subtracts one from this CPU's copy, wrapping around.
    #[inline(always)]
    pub fn this_cpu_dec(&self) {
        // SAFETY: As in `this_cpu_add`.
        unsafe { self.place.this_cpu_dec::<I>() }
    }

    /// Adds to this CPU's copy, wrapping around, and returns the sum.
    #[inline(always)]
    pub fn this_cpu_add_return(&self, value: I) -> I {
        // SAFETY: As in `this_cpu_add`.
        unsafe { self.place.this_cpu_add_return(value) }
    }

    /// The sum of all copies, wrapping around.
    ///
    /// The copies are read one after another, once each: while others count up, the result lies
    /// between the sum at the start and the sum at the end.
    pub fn sum(&self) -> I {
        possible_cpus()
            .filter_map(|cpu| self.per_cpu(cpu))
            .fold(I::ZERO, I::wrapping_add)
    }

    /// Takes all copies back to zero and returns what they added up to, wrapping around.
    ///
    /// Each addition made by anybody is counted in exactly one `drain`, or is still there.
    ///
    /// May sleep; not to be called with interrupts off or while holding a guard.
    pub fn drain(&self) -> I
    where
        I: Sync,
    {
        let sum = Atomic::<u64>::new(0);
        self.replace_all(I::ZERO, |old| {
            sum.fetch_add(old.to_bits(), Relaxed);
        });
        // SAFETY: The low bytes of a sum are the sum of the low bytes, and any is an integer.
        unsafe { I::from_bits(sum.load(Relaxed)) }
    }
}

/// Single bits, and truth values.
impl<P, I> PerCpu<P>
where
    P: Place<Target = Scalar<I>>,
    I: Bits,
{
    /// Keeps the bits of `mask` in this CPU's copy.
    #[inline(always)]
    pub fn this_cpu_and(&self, mask: I) {
        // SAFETY: `Target` is `Scalar<I>`, which only these operations touch.
        unsafe { self.place.this_cpu_and(mask) }
    }

    /// Sets the bits of `mask` in this CPU's copy.
    #[inline(always)]
    pub fn this_cpu_or(&self, mask: I) {
        // SAFETY: As in `this_cpu_and`.
        unsafe { self.place.this_cpu_or(mask) }
    }
}
