// SPDX-License-Identifier: GPL-2.0

//! Static per-CPU variables.

use core::cell::UnsafeCell;
use kernel::page::PAGE_SIZE;

/// Defines static per-CPU variables: `DEFINE_PER_CPU` in C.
///
/// Every possible CPU starts with a copy of the initial value, taken bit by bit when the module is
/// loaded, and never dropped. The variable is used through the methods of
/// [`PerCpu`](crate::PerCpu); its type is `PerCpu<NAME>`, where `NAME` is a type that the macro makes
/// besides, as visible as the variable. Attributes go to both.
///
/// A type must be `Send`, must not need dropping, and must not be of size zero, larger than
/// [`MAX_SIZE`](crate::MAX_SIZE) or aligned to more than a page. Each is checked at compile time.
/// The static variables of all modules share a reserve of 8 KiB on most architectures: a module that
/// does not fit is refused with `ENOMEM` when it is loaded, and the kernel logs how many bytes it
/// wanted. Use [`PerCpuBox`](crate::PerCpuBox) for anything large.
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
        $crate::__per_cpu_static!(unsafe $(#[$attr])* $vis $name: $type, {
            #[cfg_attr(CONFIG_SMP, link_section = ".data..percpu")]
            static $name: $crate::Storage<$type> = $crate::Storage::new({
                // A value that names the storage would point at the template.
                #[allow(dead_code, non_camel_case_types)]
                struct $name;
                $init
            });
        });
    )+};
}

/// Defines a static per-CPU variable that C and other modules can use by its name:
/// `DEFINE_PER_CPU` and `EXPORT_PER_CPU_SYMBOL_GPL` in C.
///
/// As [`define_per_cpu!`], but with `unsafe` before `static`: whoever writes it promises that the
/// name is no other symbol's, and that all who use it do to it what [`PerCpu`](crate::PerCpu) would
/// let them do. For a `Scalar<u64>`, C may declare `DECLARE_PER_CPU(u64, name)` and use `this_cpu_*`
/// and `READ_ONCE(per_cpu())`; Rust uses [`declare_per_cpu!`](crate::declare_per_cpu).
///
/// ```ignore
/// export_per_cpu_symbol! {
///     // SAFETY: Nobody else has the name. C uses it as a u64, with `this_cpu_*` alone.
///     pub unsafe static packets: Scalar<u64> = Scalar::new(0);
/// }
/// ```
#[macro_export]
macro_rules! export_per_cpu_symbol {
    ($(
        $(#[$attr:meta])*
        $vis:vis unsafe static $name:ident: $type:ty = $init:expr;
    )+) => {$(
        $crate::__per_cpu_static!(unsafe $(#[$attr])* $vis $name: $type, {
            #[cfg_attr(CONFIG_SMP, link_section = ".data..percpu")]
            #[no_mangle]
            // The argument for `unsafe` stands above, and clippy takes it for one of the value.
            #[allow(clippy::unnecessary_safety_comment)]
            static $name: $crate::Storage<$type> = $crate::Storage::new({
                #[allow(dead_code, non_camel_case_types)]
                struct $name;
                $init
            });

            // What EXPORT_SYMBOL_GPL leaves for modpost. (A module, as assembly is no statement.)
            mod export {
                $crate::__core::arch::global_asm!(
                    ".pushsection .export_symbol,\"a\"",
                    $crate::__core::concat!("__export_symbol_", $crate::__core::stringify!($name), ":"),
                    ".asciz \"GPL\"",
                    ".asciz \"\"",
                    $crate::__core::concat!(".balign ", $crate::__percpu_pointer!(size)),
                    $crate::__core::concat!($crate::__percpu_pointer!(data), " ", $crate::__core::stringify!($name)),
                    ".popsection"
                );
            }
        });
    )+};
}

/// How the assembler writes a pointer.
#[cfg(CONFIG_64BIT)]
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_pointer {
    (size) => {
        "8"
    };
    (data) => {
        ".quad"
    };
}

#[cfg(not(CONFIG_64BIT))]
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_pointer {
    (size) => {
        "4"
    };
    (data) => {
        ".long"
    };
}

/// Declares static per-CPU variables that C, or another module, defined and exported:
/// `DECLARE_PER_CPU` in C.
///
/// Written with `unsafe` before `static`: whoever writes it promises that there is such a symbol,
/// that every copy is laid out as the type and holds a valid value of it at any time, and that
/// everybody else does to it only what safe code could do to the type. What C changes by `this_cpu_*` or `WRITE_ONCE` is a
/// [`Scalar`](crate::Scalar); for a structure of such, declare a `#[repr(C)]` one of `Scalar`s.
///
/// ```ignore
/// declare_per_cpu! {
///     // SAFETY: `DECLARE_PER_CPU_CACHE_HOT(int, cpu_number)`; written to at boot alone.
///     unsafe static cpu_number: Scalar<c_int>;
/// }
/// ```
#[macro_export]
macro_rules! declare_per_cpu {
    ($(
        $(#[$attr:meta])*
        $vis:vis unsafe static $name:ident: $type:ty;
    )+) => {$(
        $crate::__per_cpu_static!(unsafe $(#[$attr])* $vis $name: $type, {
            extern "C" {
                static $name: $crate::place::Symbol;
            }
        });
    )+};
}

/// A `PerCpu` named `$name` of what is stored in a static of the same name, which `$definition`
/// makes where nobody else sees it. Debuggers do: as `MODULE::_::NAME`.
///
/// It takes `unsafe`, as it believes what it is told: that the static is per CPU, holds a `$type`,
/// and is known to those alone for whom `unsafe` was written.
#[doc(hidden)]
#[macro_export]
macro_rules! __per_cpu_static {
    (
        unsafe $(#[$attr:meta])* $vis:vis $name:ident: $type:ty, { $($definition:item)* }
    ) => {
        $(#[$attr])*
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #[derive($crate::__core::clone::Clone, $crate::__core::marker::Copy)]
        $vis struct $name {}

        $(#[$attr])*
        #[allow(non_upper_case_globals)]
        // SAFETY: The storage below is named by this place, of which there is no other `PerCpu`,
        // and by those for whom `unsafe` was written.
        $vis static $name: $crate::PerCpu<$name> = unsafe { $crate::PerCpu::from_place($name {}) };

        $(#[$attr])*
        #[allow(non_upper_case_globals)]
        const _: () = {
            $($definition)*

            // SAFETY: The module loader gives every possible CPU a copy of what is in the section
            // and keeps it as long as the module is there.
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
                    (&raw const $name).cast_mut().cast()
                }
            }

            $crate::__percpu_static_ops!($name, $name);
        };
    };
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
