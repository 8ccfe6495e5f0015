// SPDX-License-Identifier: GPL-2.0

//! `this_cpu_*`, `__this_cpu_*` and `raw_cpu_*` on integers, `bool` and raw pointers.
//!
//! C header: [`include/linux/percpu-defs.h`](srctree/include/linux/percpu-defs.h)
//!
//! The instructions that the documentation of an operation names for arm64 stand between turning
//! preemption off and on; on processors without LSE atomics they are a loop of `ldxr` and `stxr`.
//! LoongArch reads by `ldx` and writes by `stx`, and from 32 bits on has `am*` in the place of arm64's, and
//! `ll` and `sc` in that of `cas`.
//! Everywhere else an operation is a load and a store with interrupts off. Reading is a load with
//! preemption off if it is one load and preemption is counted inline, and else with interrupts off.

use crate::{
    pinned::Pinned,
    place::{
        Atomic,
        CpuOps,
        Place,
        Raw, //
    },
    scalar::{
        Bits,
        Integer,
        Scalar,
        ScalarType, //
    },
    PerCpu,
};

/// Each operation in its three forms.
macro_rules! operations {
    ($(
        $(#[doc = $doc:literal])*
        ($this:ident, $pinned:ident, $raw:ident)($($arg:ident),*) $(-> $ret:ident)? = $call:ident($($value:expr),*);
    )*) => {$(
        $(#[doc = $doc])*
        ///
        #[doc = concat!("`", stringify!($this), "` in C. Atomic on this CPU: may be called in any")]
        /// context, and nothing that happens on the CPU comes in between but, with the generic
        /// backend and on LoongArch for 8 and 16 bits, an NMI.
        #[inline(always)]
        pub fn $this(&self $(, $arg: I)*) $(-> $ret)? {
            // SAFETY: The target is a `Scalar<I>`, which nothing but such operations and volatile
            // accesses touch.
            unsafe { self.root().$call::<I, _, Atomic>(self.offset() $(, $value)*) }
        }

        $(#[doc = $doc])*
        ///
        #[doc = concat!("`", stringify!($pinned), "` in C. For variables that no interrupt writes")]
        /// to, nor, with a [`MigrateOff`](crate::MigrateOff), another task: on most
        /// architectures an update that comes in between is lost. With the backend for x86-64 it is
        /// the same instruction as `this_cpu`, and two `mov` for `xchg`.
        #[inline(always)]
        pub fn $pinned(&self, pinned: &impl Pinned $(, $arg: I)*) $(-> $ret)? {
            pinned.check();
            // SAFETY: As above.
            unsafe { self.root().$call::<I, _, Raw>(self.offset() $(, $value)*) }
        }

        $(#[doc = $doc])*
        ///
        #[doc = concat!("`", stringify!($raw), "` in C. For variables where a lost update does no")]
        /// harm: on most architectures one may be lost to an interrupt, or to another CPU if the
        /// task is moved half-way. With the backend for x86-64 it is the same instruction as
        /// `this_cpu`, and two `mov` for `xchg`, of which each may be of another CPU's copy. So may be the
        /// load and the store of any on LoongArch, where they are in C as it is compiled.
        #[inline(always)]
        pub fn $raw(&self $(, $arg: I)*) $(-> $ret)? {
            // SAFETY: As above.
            unsafe { self.root().$call::<I, _, Raw>(self.offset() $(, $value)*) }
        }
    )*};
}

/// Reading, writing and exchanging: every [`ScalarType`].
impl<P, I> PerCpu<P>
where
    P: Place<Target = Scalar<I>>,
    I: ScalarType,
{
    operations! {
        /// Reads this CPU's copy.
        ///
        /// x86-64: `mov`. arm64: `ldr`.
        (this_cpu_read, __this_cpu_read, raw_cpu_read)() -> I = read();

        /// Overwrites this CPU's copy.
        ///
        /// x86-64: `mov`. arm64: `str`.
        (this_cpu_write, __this_cpu_write, raw_cpu_write)(value) = write(value);

        /// Overwrites this CPU's copy and returns what it was.
        ///
        /// x86-64: `cmpxchg` until it succeeds. arm64: `swp`.
        (this_cpu_xchg, __this_cpu_xchg, raw_cpu_xchg)(new) -> I = xchg(new);

        /// Overwrites this CPU's copy if it equals `old`. Returns what it was, which is `old`
        /// exactly when it was overwritten.
        ///
        /// x86-64: `cmpxchg`. arm64: `cas`.
        (this_cpu_cmpxchg, __this_cpu_cmpxchg, raw_cpu_cmpxchg)(old, new) -> I = cmpxchg(old, new);
    }

    /// Overwrites this CPU's copy and returns true if it equals `old`; else puts it into `old`.
    ///
    /// `this_cpu_try_cmpxchg` in C. Context as for [`this_cpu_cmpxchg`](Self::this_cpu_cmpxchg).
    ///
    /// x86-64: `cmpxchg` and a jump. arm64: `cas` and a comparison.
    #[inline(always)]
    pub fn this_cpu_try_cmpxchg(&self, old: &mut I, new: I) -> bool {
        // SAFETY: As in the operations above.
        unsafe {
            self.root()
                .try_cmpxchg::<I, _, Atomic>(self.offset(), old, new)
        }
    }

    /// As [`this_cpu_try_cmpxchg`](Self::this_cpu_try_cmpxchg), `__this_cpu_try_cmpxchg` in C.
    /// Context as for [`__this_cpu_cmpxchg`](Self::__this_cpu_cmpxchg).
    #[inline(always)]
    pub fn __this_cpu_try_cmpxchg(&self, pinned: &impl Pinned, old: &mut I, new: I) -> bool {
        pinned.check();
        self.raw_cpu_try_cmpxchg(old, new)
    }

    /// As [`this_cpu_try_cmpxchg`](Self::this_cpu_try_cmpxchg), `raw_cpu_try_cmpxchg` in C.
    /// Context as for [`raw_cpu_cmpxchg`](Self::raw_cpu_cmpxchg).
    #[inline(always)]
    pub fn raw_cpu_try_cmpxchg(&self, old: &mut I, new: I) -> bool {
        // SAFETY: As in the operations above.
        unsafe {
            self.root()
                .try_cmpxchg::<I, _, Raw>(self.offset(), old, new)
        }
    }
}

/// Counting: every [`Integer`].
impl<P, I> PerCpu<P>
where
    P: Place<Target = Scalar<I>>,
    I: Integer,
{
    operations! {
        /// Adds to this CPU's copy, wrapping around.
        ///
        /// x86-64: `add`. arm64: `ldadd`.
        (this_cpu_add, __this_cpu_add, raw_cpu_add)(value) = add(value);

        /// Subtracts from this CPU's copy, wrapping around.
        ///
        /// x86-64: `add` of the negative. arm64: `ldadd` of it.
        (this_cpu_sub, __this_cpu_sub, raw_cpu_sub)(value) = add(value.wrapping_neg());

        /// Adds one to this CPU's copy, wrapping around.
        ///
        /// x86-64: `inc`. arm64: `ldadd`.
        (this_cpu_inc, __this_cpu_inc, raw_cpu_inc)() = inc();

        /// Subtracts one from this CPU's copy, wrapping around.
        ///
        /// x86-64: `dec`. arm64: `ldadd`.
        (this_cpu_dec, __this_cpu_dec, raw_cpu_dec)() = dec();

        /// Adds to this CPU's copy, wrapping around, and returns the sum.
        ///
        /// x86-64: `xadd` and `add`. arm64: `ldadd` and `add`.
        (this_cpu_add_return, __this_cpu_add_return, raw_cpu_add_return)(value) -> I
            = add_return(value);

        /// Subtracts from this CPU's copy, wrapping around, and returns the difference.
        ///
        /// x86-64: `xadd` and `add`. arm64: `ldadd` and `add`.
        (this_cpu_sub_return, __this_cpu_sub_return, raw_cpu_sub_return)(value) -> I
            = add_return(value.wrapping_neg());

        /// Adds one to this CPU's copy, wrapping around, and returns the sum.
        ///
        /// x86-64: `xadd` and `inc`. arm64: `ldadd` and `add`.
        (this_cpu_inc_return, __this_cpu_inc_return, raw_cpu_inc_return)() -> I
            = add_return(I::ONE);

        /// Subtracts one from this CPU's copy, wrapping around, and returns the difference.
        ///
        /// x86-64: `xadd` and `dec`. arm64: `ldadd` and `add`.
        (this_cpu_dec_return, __this_cpu_dec_return, raw_cpu_dec_return)() -> I
            = add_return(I::ONE.wrapping_neg());
    }
}

/// Single bits, and truth values: every type that is [`Bits`].
impl<P, I> PerCpu<P>
where
    P: Place<Target = Scalar<I>>,
    I: Bits,
{
    operations! {
        /// Keeps the bits of `mask` in this CPU's copy and clears the others.
        ///
        /// x86-64: `and`. arm64: `ldclr`.
        (this_cpu_and, __this_cpu_and, raw_cpu_and)(mask) = and(mask);

        /// Sets the bits of `mask` in this CPU's copy.
        ///
        /// x86-64: `or`. arm64: `ldset`.
        (this_cpu_or, __this_cpu_or, raw_cpu_or)(mask) = or(mask);
    }
}
