// SPDX-License-Identifier: GPL-2.0

//! Reading the copies of all CPUs.

use crate::{
    cpus::possible_cpus,
    place::{
        self,
        Place, //
    },
    scalar::{
        Integer,
        Scalar, //
    },
    PerCpu,
};
use kernel::cpu::CpuId;

impl<P: Place> PerCpu<P> {
    /// Every possible CPU with its copy, in ascending order.
    ///
    /// May be called in any context.
    pub fn iter(&self) -> impl Iterator<Item = (CpuId, &P::Target)>
    where
        P::Target: Sync,
    {
        possible_cpus().map(|cpu| {
            // SAFETY: A possible CPU's copy is valid as long as `self`, and may be shared.
            (cpu, unsafe { &*place::per_cpu_ptr(self.as_ptr(), cpu) })
        })
    }
}

impl<P, I> PerCpu<P>
where
    P: Place<Target = Scalar<I>>,
    I: Integer,
{
    /// The sum of all copies, wrapping around.
    ///
    /// Each copy is read once, one after another: while others only count up, the result lies
    /// between the sum at the start and the sum at the end. May be called in any context.
    pub fn sum(&self) -> I {
        self.iter()
            .fold(I::ZERO, |sum, (_, copy)| sum.wrapping_add(copy.read_once()))
    }
}
