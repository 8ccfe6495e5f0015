// SPDX-License-Identifier: GPL-2.0

//! Static per-CPU variables.

use core::cell::UnsafeCell;
use kernel::page::PAGE_SIZE;

/// Defines static per-CPU variables: `DEFINE_PER_CPU` in C.
///
/// Every possible CPU starts with a copy of the initial value, taken bit by bit when the module is
/// loaded, and never dropped. The variable is used through the methods of
/// [`PerCpu`](crate::PerCpu). The static variables of all modules share a reserve of 8 KiB on most
/// architectures; use [`PerCpuBox`](crate::PerCpuBox) for anything large.
///
/// A type must be `Send`, must not need dropping, and must not be of size zero, larger than
/// [`MAX_SIZE`](crate::MAX_SIZE) or aligned to more than a page. Each is checked at compile time.
///
/// ```ignore
/// define_per_cpu! {
///     /// How often each CPU came by.
///     pub static HITS: Scalar<u64> = Scalar::new(0);
/// }
/// ```
#[macro_export]
macro_rules! define_per_cpu {
    ($(
        $(#[$attr:meta])*
        $vis:vis static $name:ident: $type:ty = $init:expr;
    )+) => {$(
        /// The place of the variable of this name.
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #[derive($crate::__core::clone::Clone, $crate::__core::marker::Copy)]
        $vis struct $name {}

        $(#[$attr])*
        // SAFETY: The storage below is named by this place alone, of which there is no other
        // `PerCpu`.
        $vis static $name: $crate::PerCpu<$name> = unsafe { $crate::PerCpu::from_place($name {}) };

        const _: () = {
            #[cfg_attr(CONFIG_SMP, link_section = ".data..percpu")]
            static __PERCPU_STORAGE: $crate::Storage<$type> = $crate::Storage::new($init);

            // SAFETY: The module loader gives every possible CPU a copy of what is in the section
            // and keeps it as long as the module is there; nothing else names it.
            unsafe impl $crate::Place for $name {
                type Target = $type;
                type Root = Self;
                type Offset = $crate::place::Zero;

                #[inline(always)]
                fn root(self) -> Self {
                    self
                }

                #[inline(always)]
                fn as_ptr(self) -> *mut $type {
                    (&raw const __PERCPU_STORAGE).cast_mut().cast()
                }
            }

            $crate::__percpu_static_ops!($name, __PERCPU_STORAGE);
        };
    )+};
}

/// The initial value of a static per-CPU variable, as it stands in the section.
#[doc(hidden)]
#[repr(transparent)]
// The cell keeps the section writable; a section of constants alone would be read-only.
pub struct Storage<T>(UnsafeCell<T>);

// SAFETY: The section is a template that only the module loader reads. The copies are guarded by
// `PerCpu`, which asks for `Send`.
unsafe impl<T: Send> Sync for Storage<T> {}

impl<T: Send> Storage<T> {
    /// The assertions fail at compile time, and point at the variable, as this is called by the
    /// initialiser of a static.
    pub const fn new(init: T) -> Self {
        assert!(
            size_of::<T>() != 0,
            "a static per-CPU variable cannot be of size zero"
        );
        assert!(
            size_of::<T>() <= crate::MAX_SIZE,
            "a per-CPU variable cannot be larger than 32 KiB"
        );
        assert!(
            align_of::<T>() <= PAGE_SIZE,
            "a per-CPU variable cannot be aligned to more than a page"
        );
        assert!(
            !core::mem::needs_drop::<T>(),
            "a static per-CPU variable is never dropped: use PerCpuBox"
        );
        Self(UnsafeCell::new(init))
    }
}
