// SPDX-License-Identifier: GPL-2.0

//! Fields of per-CPU structures.

use crate::{
    place::{
        Field,
        Place,
        StructureField, //
    },
    PerCpu,
};

/// A field of a per-CPU structure, as a per-CPU variable: what C has in `this_cpu_inc(s.field)`.
///
/// `field!(var, Type, field)`: `var` is a [`PerCpu`] of `Type`, or a
/// [`PerCpuBox`](crate::PerCpuBox), and is borrowed by the result. The offset is known when it is
/// compiled, so an operation takes as many instructions as on a whole variable.
///
/// `Type` is the structure as it is written to make one, with its generic arguments: it cannot name
/// `Self` or a generic parameter of the function around. Tuples, enums, unions and packed structures
/// are refused, and so are elements of arrays: use [`this_cpu_ptr`](PerCpu::this_cpu_ptr) or, with
/// the value in a structure of its own, `field!` of that.
///
/// ```ignore
/// struct Stats {
///     packets: Scalar<u64>,
///     bytes: Scalar<u64>,
/// }
///
/// field!(STATS, Stats, bytes).this_cpu_add(length);
/// ```
#[macro_export]
macro_rules! field {
    ($var:expr, $type:path, $field:tt) => {
        match &$var {
            var => {
                enum __PercpuField {}

                // The type is named twice: here for the offset, and below for the field. `Self`
                // is something else here, so it is what `Structure` says that has to match.
                impl $crate::place::StructureField for __PercpuField {
                    type Structure = $type;
                }

                impl $crate::place::Offset for __PercpuField {
                    const BYTES: $crate::__core::primitive::usize = $crate::__core::mem::offset_of!(
                        <__PercpuField as $crate::place::StructureField>::Structure,
                        $field
                    );
                }

                // Takes a structure alone: the field of a union may not hold what it says.
                let _ = |value: $type| match value {
                    $type { $field: _, .. } => (),
                };

                // SAFETY: Offset and type are those of the same field of a structure.
                unsafe {
                    $crate::PerCpu::__field::<_, __PercpuField>(var, |ptr: *const $type| {
                        &raw const (*ptr).$field
                    })
                }
            }
        }
    };
}

impl<P: Place> PerCpu<P> {
    /// # Safety
    ///
    /// `O` is the offset of a field of the structure, of type `U`.
    #[doc(hidden)]
    #[inline(always)]
    pub unsafe fn __field<'a, U: 'a, O: StructureField<Structure = P::Target>>(
        &'a self,
        _type: fn(*const P::Target) -> *const U,
    ) -> PerCpu<Field<'a, P, U, O>> {
        const {
            assert!(
                align_of::<P::Target>() >= align_of::<U>(),
                "a field of a packed structure may lie across two words"
            )
        };
        // SAFETY: By the caller's promise; the result does not outlive `self`. What `self` lets
        // others do with the whole target at the same time, it lets them do with the field.
        unsafe { PerCpu::from_place(Field::new(self.place())) }
    }
}
