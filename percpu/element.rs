// SPDX-License-Identifier: GPL-2.0

//! Elements of per-CPU arrays.

use crate::{
    place::{
        Index,
        Part,
        Place, //
    },
    PerCpu,
    PerCpuRef, //
};
use core::ptr::NonNull;

impl<P, U, const N: usize> PerCpu<P>
where
    P: Place<Target = [U; N]>,
{
    /// An element of a per-CPU array, as a per-CPU variable: what C has in `this_cpu_inc(hist[i])`.
    /// `None` unless `index` is below `N`. May be called in any context.
    ///
    /// The instructions are those of C, after the check: x86-64 has the index in the address.
    ///
    /// ```
    /// define_per_cpu! {
    ///     static SIZES: [Scalar<u64>; 32] = [const { Scalar::new(0) }; 32];
    /// }
    ///
    /// # let bytes = 1500u32;
    /// if let Some(size) = SIZES.element(bytes.ilog2() as usize) {
    ///     size.this_cpu_inc();
    /// }
    /// # assert!(SIZES.element(10).is_some_and(|size| size.sum() == 1));
    /// ```
    #[inline(always)]
    pub fn element(&self, index: usize) -> Option<PerCpu<Part<'_, P, U, Index<U>>>> {
        (index < N).then(|| {
            // SAFETY: There is an element of the index; the result does not outlive `self`. What
            // `self` lets others do with the whole array at the same time, it lets them do with the
            // element.
            unsafe { PerCpu::from_place(Part::element(self.place(), index)) }
        })
    }
}

impl<'a, U, const N: usize> PerCpuRef<'a, [U; N]> {
    /// As [`PerCpu::element`], for as long as the reference: an element of an array that is a field of a
    /// static variable is `'static`, too.
    ///
    /// ```
    /// struct Stats {
    ///     sizes: [Scalar<u64>; 17],
    /// }
    ///
    /// # define_per_cpu! {
    /// #     static STATS: Stats = Stats { sizes: [const { Scalar::new(0) }; 17] };
    /// # }
    /// fn bin(bytes: u16) -> Option<PerCpuRef<'static, Scalar<u64>>> {
    ///     let sizes = field!(STATS, Stats, sizes).into_ref();
    ///     sizes.element((u16::BITS - bytes.leading_zeros()) as usize)
    /// }
    /// # bin(1500).ok_or(EINVAL)?.this_cpu_inc();
    /// # assert_eq!(bin(1400).ok_or(EINVAL)?.sum(), 1);
    /// ```
    #[inline(always)]
    pub fn element(self, index: usize) -> Option<PerCpuRef<'a, U>> {
        (index < N).then(|| {
            let element = self.as_ptr().cast::<U>().wrapping_add(index);
            // SAFETY: There is an element of the index, which others use as `self` lets them use the
            // array. Its pointer leads into a variable, so it is not null.
            unsafe { PerCpuRef::from_raw(NonNull::new_unchecked(element)) }
        })
    }
}
