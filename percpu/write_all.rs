// SPDX-License-Identifier: GPL-2.0

//! Writing to the copies of all CPUs.
//!
//! A CPU may be in the middle of changing its own copy, so nobody else writes to it: each online
//! CPU is asked to do so itself.

use crate::{
    cpus::{
        cpus_read_lock,
        on_each_cpu,
        possible_cpus, //
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
    /// Overwrites the copy of every possible CPU.
    ///
    /// Every online CPU does so itself and no CPU comes or goes meanwhile, so no operation is torn
    /// or lost that starts after this returns.
    ///
    /// May sleep: not to be called with interrupts or preemption off.
    pub fn write_all(&self, value: I) {
        self.replace_all(value, |_| ())
    }

    /// Puts `value` into the copy of every possible CPU and passes what was there to `old`.
    fn replace_all(&self, value: I, old: impl Fn(I) + Sync) {
        // Pointers are not `Sync`, their bits are.
        let value = value.to_bits();
        let cpus = cpus_read_lock();
        let deputy = cpus.online_cpus().next();
        on_each_cpu(|here| {
            // SAFETY: The bits of an `I`.
            let value = unsafe { I::from_bits(value) };
            old(self.this_cpu_xchg(value));
            if Some(here.cpu()) != deputy {
                return;
            }
            for cpu in possible_cpus().filter(|&cpu| !cpus.is_online(cpu)) {
                let ptr = place::per_cpu_ptr(self.as_ptr(), cpu).cast::<I>();
                // SAFETY: The copy of a possible CPU, which holds an `I`. That CPU stays offline
                // while `cpus` is held, so it does not touch its copy. Any other writer is here
                // too, on this very CPU, and interrupts are off, so not now. Volatile, as others
                // may read.
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
    /// Takes all copies back to zero and returns what they added up to, wrapping around.
    ///
    /// Each addition made by anybody is counted in exactly one `drain`, or is still there.
    ///
    /// May sleep: not to be called with interrupts or preemption off.
    pub fn drain(&self) -> I {
        let sum = Atomic::<u64>::new(0);
        self.replace_all(I::ZERO, |old| {
            sum.fetch_add(old.to_bits(), Relaxed);
        });
        // SAFETY: The low bytes of a sum are the sum of the low bytes, and any is an integer.
        unsafe { I::from_bits(sum.load(Relaxed)) }
    }
}
