// SPDX-License-Identifier: GPL-2.0

//! Elements of per-CPU arrays.

use crate::{
    place::{
        Index,
        Part,
        Place, //
    },
    PerCpu,
};

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
