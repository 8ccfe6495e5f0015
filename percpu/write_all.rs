// SPDX-License-Identifier: GPL-2.0

//! Writing to the copies of all CPUs.
//!
//! A CPU may be in the middle of changing its own copy, so no other CPU writes to it: each online CPU
//! does so itself.

use crate::{
    cpus::{
        possible_cpus,
        CpusHeld, //
    },
    pinned::Pinned,
    place::{
        self,
        Place, //
    },
    scalar::{
        Integer,
        Scalar,
        ScalarType, //
    },
    smp_call::on_each_cpu,
    PerCpu,
};
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

impl<P, I> PerCpu<P>
where
    P: Place<Target = Scalar<I>>,
    I: ScalarType,
{
    /// Overwrites the copy of every possible CPU, while `cpus` keeps them from coming and going.
    ///
    /// Every online CPU does so itself, others than this one in an interrupt. If that comes in the middle
    /// of a `__this_cpu_*` or `raw_cpu_*`, the operation overwrites `value` afterwards; with the backend for
    /// x86-64 only `xchg` can be interrupted like that.
    ///
    /// Context as for [`on_each_cpu`].
    ///
    /// ```
    /// # define_per_cpu! {
    /// #     static HITS: Scalar<u64> = Scalar::new(1);
    /// # }
    /// cpus_read_lock(|cpus| HITS.write_all(cpus, 0));
    /// # assert_eq!(HITS.sum(), 0);
    /// ```
    pub fn write_all(&self, cpus: &CpusHeld, value: I) {
        self.replace_all(cpus, value, |_| ())
    }

    /// Puts `value` into the copy of every possible CPU and passes what was there to `old`.
    fn replace_all(&self, cpus: &CpusHeld, value: I, old: impl Fn(I) + Sync) {
        // Pointers are not `Sync`, their bits are.
        let value = value.to_bits();
        let deputy = cpus.online_cpus().next();
        on_each_cpu(|here| {
            // SAFETY: The bits of an `I`.
            let value = unsafe { I::from_bits(value) };
            old(self.this_cpu_xchg(value));
            if Some(here.cpu()) != deputy {
                return;
            }
            for cpu in possible_cpus().filter(|&cpu| !cpus.is_online(cpu)) {
                let ptr = place::per_cpu_ptr(self.as_ptr(), cpu.into()).cast::<I>();
                // SAFETY: The copy of a possible CPU, which holds an `I`. That CPU stays offline
                // while CPUs are held, so it does not touch its copy. Whoever calls this is here
                // too, on this very CPU, and interrupts are off, so not now. Volatile, as others
                // may read, and a task that was moved in the middle of `raw_cpu_*` may write: one
                // of the two is lost then.
                unsafe {
                    old(ptr.read_volatile());
                    ptr.write_volatile(value);
                }
            }
        });
    }
}

impl<P, I> PerCpu<P>
where
    P: Place<Target = Scalar<I>>,
    I: Integer,
{
    /// Takes all copies back to zero and returns what they added up to, wrapping around, while
    /// `cpus` keeps CPUs from coming and going.
    ///
    /// Each addition by `this_cpu_*` is counted in exactly one `drain`, or is still there. With the
    /// backend for x86-64 that holds for `__this_cpu_*` and `raw_cpu_*` too, as an addition is one
    /// instruction. With others these may be interrupted half-way. Then they write back what was taken out, which is
    /// counted twice, or overwrite what others added meanwhile.
    ///
    /// Context as for [`on_each_cpu`].
    pub fn drain(&self, cpus: &CpusHeld) -> I {
        let sum = Atomic::<u64>::new(0);
        self.replace_all(cpus, I::ZERO, |old| {
            sum.fetch_add(old.to_bits(), Relaxed);
        });
        // SAFETY: The low bytes of a sum are the sum of the low bytes, and any is an integer.
        unsafe { I::from_bits(sum.load(Relaxed)) }
    }
}
