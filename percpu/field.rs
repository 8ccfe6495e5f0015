// SPDX-License-Identifier: GPL-2.0

//! Fields of per-CPU structures.

use crate::{
    place::{
        Part,
        Place,
        StructureField, //
    },
    PerCpu,
};

/// A field of a per-CPU structure, as a per-CPU variable: what C has in `this_cpu_inc(s.field)`.
///
/// `field!(var, Type, field)`: `var` is a [`PerCpu`] of `Type`, or a
/// [`PerCpuBox`](crate::PerCpuBox), and is borrowed by the result. The offset is known when it is
/// compiled, so an operation takes as many instructions as on a whole variable. May be used in any context.
///
/// `Type` is the path of the structure, as in a struct literal, with its generic arguments. If it has type
/// parameters of the surrounding function, these come first, each with one bound at most:
/// `field!([T: Integer] var, Type<T>, field)`. It cannot be `Self`, nor name a lifetime or a
/// const parameter of the function. Enums and unions are refused, and fields that packing misaligns.
///
/// One field is named: a field of a field is `field!` of a `field!`. For an element of an array there is
/// [`PerCpu::element`].
///
/// ```
/// struct Stats {
///     packets: Scalar<u64>,
///     bytes: Scalar<u64>,
/// }
///
/// # define_per_cpu! {
/// #     static STATS: Stats = Stats { packets: Scalar::new(0), bytes: Scalar::new(0) };
/// # }
/// # let length = 1500;
/// field!(STATS, Stats, bytes).this_cpu_add(length);
/// # assert_eq!(field!(STATS, Stats, bytes).sum(), 1500);
/// ```
#[macro_export]
macro_rules! field {
    ([$($param:ident $(: $bound:path)?),+ $(,)?] $var:expr, $type:path, $field:tt) => {
        $crate::__percpu_field!([$($param $(: $bound)?),+] $var, $type, $field)
    };
    ($var:expr, $type:path, $field:tt) => {
        $crate::__percpu_field!([] $var, $type, $field)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_field {
    ([$($param:ident $(: $bound:path)?),*] $var:expr, $type:path, $field:tt) => {
        match &$var {
            __percpu_var => {
                struct __PercpuField<$($param $(: $bound)?),*>(
                    $crate::__core::marker::PhantomData<fn() -> ($($param,)*)>,
                );

                impl<$($param $(: $bound)?),*> $crate::__core::clone::Clone
                    for __PercpuField<$($param),*>
                {
                    fn clone(&self) -> Self {
                        *self
                    }
                }

                impl<$($param $(: $bound)?),*> $crate::__core::marker::Copy
                    for __PercpuField<$($param),*>
                {
                }

                // The type is named twice: here for the offset, and below for the field. `Self`
                // is something else here, so it is what `Structure` says that has to match.
                impl<$($param $(: $bound)?),*> $crate::place::StructureField
                    for __PercpuField<$($param),*>
                {
                    type Structure = $type;

                    #[inline(always)]
                    fn new() -> Self {
                        __PercpuField($crate::__core::marker::PhantomData)
                    }
                }

                impl<$($param $(: $bound)?),*> $crate::place::Offset
                    for __PercpuField<$($param),*>
                {
                    const BYTES: $crate::__core::primitive::usize = $crate::__core::mem::offset_of!(
                        <Self as $crate::place::StructureField>::Structure,
                        $field
                    );
                }

                // Takes a structure alone: the field of a union may not hold what it says.
                let _ = |__percpu_value: $type| match __percpu_value {
                    $type { $field: _, .. } => (),
                };

                // SAFETY: Offset and type are those of the same field of a structure.
                unsafe {
                    $crate::PerCpu::__field::<_, __PercpuField<$($param),*>>(
                        __percpu_var,
                        |__percpu_ptr: *const $type| &raw const (*__percpu_ptr).$field,
                    )
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
    ) -> PerCpu<Part<'a, P, U, O>> {
        const {
            assert!(
                align_of::<P::Target>() >= align_of::<U>(),
                "a field of a packed structure may lie across two words"
            )
        };
        // SAFETY: By the caller's promise; the result does not outlive `self`. What `self` lets
        // others do with the whole target at the same time, it lets them do with the field.
        unsafe { PerCpu::from_place(Part::new(self.place(), O::new())) }
    }
}
