// SPDX-License-Identifier: GPL-2.0

//! Reading the copies of all CPUs.

use crate::{
    cpus::{
        possible_cpus,
        Cpus,
        PossibleCpu, //
    },
    place::Place,
    scalar::{
        Integer,
        Scalar, //
    },
    PerCpu,
};

/// Every possible CPU with its copy of a variable, in ascending order, made by [`PerCpu::iter`].
#[must_use]
pub struct Iter<'a, P: Place> {
    var: &'a PerCpu<P>,
    cpus: Cpus<'static>,
}

impl<'a, P> Iterator for Iter<'a, P>
where
    P: Place,
    P::Target: Sync,
{
    type Item = (PossibleCpu, &'a P::Target);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.cpus.next().map(|cpu| (cpu, self.var.per_cpu_ptr(cpu)))
    }
}

impl<'a, P> IntoIterator for &'a PerCpu<P>
where
    P: Place,
    P::Target: Sync,
{
    type Item = (PossibleCpu, &'a P::Target);
    type IntoIter = Iter<'a, P>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<P: Place> PerCpu<P> {
    /// Every possible CPU with its copy, in ascending order.
    ///
    /// May be called in any context.
    #[inline]
    pub fn iter(&self) -> Iter<'_, P>
    where
        P::Target: Sync,
    {
        Iter {
            var: self,
            cpus: possible_cpus(),
        }
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
    /// between the sum at the start and the sum at the end. May be called in any context. On 32-bit
    /// architectures, 64-bit copies that are being changed are read as [`Scalar::read_once`] says.
    pub fn sum(&self) -> I {
        self.sum_as()
    }

    /// As [`sum`](Self::sum), in a type that has room for more: `HITS.sum_as::<u64>()` of `u32`.
    ///
    /// For copies that only count up: one that went below zero counts as what it wrapped around to.
    /// Context as for `sum`.
    pub fn sum_as<S: Integer + From<I>>(&self) -> S {
        self.iter().fold(S::ZERO, |sum, (_, copy)| {
            sum.wrapping_add(copy.read_once().into())
        })
    }
}
