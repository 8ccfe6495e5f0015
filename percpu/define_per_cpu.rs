// SPDX-License-Identifier: GPL-2.0

//! Static per-CPU variables.
//!
//! The macros here expand in the user's crate, where anybody may call any of them with anything. So a
//! public one makes a [`PerCpu`] by an `unsafe` block of its own only if all that it relies on is in the
//! same expansion; else it takes a value that only `unsafe` of the user's makes. The hidden ones make no
//! `PerCpu`.

use crate::{
    local_lock::LocalLock,
    place::Place,
    PerCpu, //
};
use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    mem::ManuallyDrop, //
};
use kernel::page::PAGE_SIZE;

/// Defines static per-CPU variables: `DEFINE_PER_CPU` in C.
///
/// Every possible CPU starts with a copy of the initial value, taken bit by bit when the module is
/// loaded, and never dropped. The variable is used through the methods of
/// [`PerCpu`](crate::PerCpu); its type is `PerCpu<NAME>`, where `NAME` is a type that the macro makes
/// besides, as visible as the variable.
///
/// The attributes `doc`, `cfg`, `allow` and `deprecated` go to both. All others are refused, as some name
/// a symbol or a section. A macro that passes attributes on has to take them as `$(#[$($attr:tt)*])*`;
/// `meta` would hide them.
///
/// An integer that is counted is a [`Scalar`](crate::Scalar): a `u64` itself cannot be changed. A type names
/// its lifetimes, and is as visible as the variable. It must be `Send`, must not need dropping, and must not
/// be of size zero, larger than [`MAX_SIZE`](crate::MAX_SIZE) or aligned to more than a page. Each is checked
/// at compile time.
/// The static variables of all modules share a reserve of 8 KiB on most architectures: a module that
/// does not fit is refused with `ENOMEM` when it is loaded, and the kernel logs how many bytes it
/// wanted. Use [`PerCpuBox`](crate::PerCpuBox) for anything large.
///
/// ```
/// define_per_cpu! {
///     /// How often each CPU came by.
///     pub static HITS: Scalar<u64> = Scalar::new(0);
/// }
/// # HITS.this_cpu_inc();
/// # assert_eq!(HITS.sum(), 1);
/// ```
#[doc(alias = "DEFINE_PER_CPU")]
#[doc(alias = "DEFINE_PER_CPU_ALIGNED")]
#[doc(alias = "DEFINE_PER_CPU_SHARED_ALIGNED")]
#[doc(alias = "DEFINE_PER_CPU_PAGE_ALIGNED")]
#[macro_export]
macro_rules! define_per_cpu {
    ($(
        $(#[$($attr:tt)*])*
        $vis:vis static $name:ident: $type:ty = $init:expr;
    )+) => {$(
        $crate::__percpu_attributes! {[$(#[$($attr)*])*] {
            $crate::__percpu_place!([$(#[$($attr)*])*] $vis $name: $type, {
                #[cfg_attr(CONFIG_SMP, link_section = ".data..percpu")]
                static $name: $crate::Storage<<$name as $crate::place::Place>::Target> =
                    $crate::Storage::new({
                        // A value that names the storage would point at the template.
                        #[allow(dead_code, non_camel_case_types)]
                        struct $name;
                        $init
                    }, $crate::__percpu_drops!($name));
            });

            $(#[$($attr)*])*
            #[allow(deprecated, non_upper_case_globals)]
            // SAFETY: The place is that of the storage above, whose copies the module loader makes from
            // a `$type`, for every possible CPU, and keeps as long as the module is there. Nothing else
            // can name the storage, and there is no other `PerCpu` of the place.
            $vis static $name: $crate::PerCpu<$name> =
                unsafe { $crate::PerCpu::from_place($name {}) };
        }}
    )+};
}

/// Defines a static per-CPU variable that C and other modules can use by its name:
/// `DEFINE_PER_CPU` and `EXPORT_PER_CPU_SYMBOL_GPL` in C.
///
/// As [`define_per_cpu!`], but the initial value is an [`Exported`], which takes `unsafe` to make.
/// The name is no raw identifier. For a `Scalar<u64>`, C may declare `DECLARE_PER_CPU(u64, name)` and use
/// `this_cpu_*` and `READ_ONCE(per_cpu())`; Rust uses [`declare_per_cpu!`](crate::declare_per_cpu).
///
/// ```
/// export_per_cpu_symbol! {
///     // SAFETY: No other symbol has the name. C uses it as a u64, with `this_cpu_*` alone.
///     pub static packets: Scalar<u64> = unsafe { Exported::new(Scalar::new(0)) };
/// }
/// # packets.this_cpu_inc();
/// # assert_eq!(packets.sum(), 1);
/// ```
#[doc(alias = "EXPORT_PER_CPU_SYMBOL")]
#[doc(alias = "EXPORT_PER_CPU_SYMBOL_GPL")]
#[macro_export]
macro_rules! export_per_cpu_symbol {
    ($(
        $(#[$($attr:tt)*])*
        $vis:vis static $name:ident: $type:ty = $init:expr;
    )+) => {$(
        $crate::__percpu_attributes! {[$(#[$($attr)*])*] {
            $crate::__percpu_place!([$(#[$($attr)*])*] $vis $name: $type, {
                #[cfg_attr(CONFIG_SMP, link_section = ".data..percpu")]
                #[no_mangle]
                static $name: $crate::Storage<<$name as $crate::place::Place>::Target> =
                    $crate::Storage::exported::<$name>({
                        #[allow(dead_code, non_camel_case_types)]
                        struct $name;
                        $init
                    }, $crate::__percpu_drops!($name));

                // What EXPORT_SYMBOL_GPL leaves for modpost. (A module, as assembly is no statement.)
                mod __percpu_export {
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

            $(#[$($attr)*])*
            #[allow(deprecated, non_upper_case_globals)]
            // SAFETY: As for `define_per_cpu!`, where others that name the storage keep to what was
            // promised when its initial value was made.
            $vis static $name: $crate::PerCpu<$name> =
                unsafe { $crate::PerCpu::from_place($name {}) };
        }}
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
/// In place of the value stands a [`Declared`], which takes `unsafe` to make. An integer that C changes by
/// `this_cpu_*` or `WRITE_ONCE` is a [`Scalar`](crate::Scalar), and a structure of such integers a
/// `#[repr(C)]` structure of `Scalar`s.
///
/// ```
/// declare_per_cpu! {
///     // SAFETY: `DECLARE_PER_CPU(struct kernel_stat, kstat)` begins with `unsigned long irqs_sum`,
///     // which the kernel changes by `__this_cpu_inc` alone.
///     static kstat: Scalar<usize> = unsafe { Declared::new() };
/// }
///
/// pr_info!("{} interrupts since boot\n", kstat.sum());
/// # assert!(kstat.sum() > 0);
/// ```
#[doc(alias = "DECLARE_PER_CPU")]
#[doc(alias = "DECLARE_PER_CPU_ALIGNED")]
#[doc(alias = "DECLARE_PER_CPU_SHARED_ALIGNED")]
#[doc(alias = "DECLARE_PER_CPU_PAGE_ALIGNED")]
#[doc(alias = "DECLARE_PER_CPU_READ_MOSTLY")]
#[doc(alias = "DECLARE_PER_CPU_CACHE_HOT")]
#[doc(alias = "DECLARE_PER_CPU_DECRYPTED")]
#[doc(alias = "DECLARE_PER_CPU_SECTION")]
#[macro_export]
macro_rules! declare_per_cpu {
    ($(
        $(#[$($attr:tt)*])*
        $vis:vis static $name:ident: $type:ty = $declared:expr;
    )+) => {$(
        $crate::__percpu_attributes! {[$(#[$($attr)*])*] {
            $crate::__percpu_place!([$(#[$($attr)*])*] $vis $name: $type, {
                extern "C" {
                    static $name: $crate::place::Symbol;
                }
            });

            $(#[$($attr)*])*
            #[allow(deprecated, non_upper_case_globals)]
            $vis static $name: $crate::PerCpu<$name> = $crate::PerCpu::declared($name {}, $declared);
        }}
    )+};
}

/// The type `$name`, a place: what is stored in a static of the same name, which `$definition` makes
/// where nobody else sees it. Debuggers do: as `CRATE::_::_::NAME`.
///
/// Whoever calls it has a place, of which nothing is believed before somebody makes a `PerCpu`.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_place {
    ([$(#[$($attr:tt)*])*] $vis:vis $name:ident: $type:ty, { $($definition:item)* }) => {
        $(#[$($attr)*])*
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        $vis struct $name {}

        $(#[$($attr)*])*
        #[allow(deprecated)]
        const _: () = {
            // Not derived: `derive` is no name that starts at `$crate`.
            impl $crate::__core::clone::Clone for $name {
                #[inline(always)]
                fn clone(&self) -> Self {
                    *self
                }
            }

            impl $crate::__core::marker::Copy for $name {}

            // Outside of the block below: a type may say what it likes, but not name the storage.
            impl $crate::place::Typed for $name {
                type Type = $type;
            }

            #[allow(non_upper_case_globals)]
            const _: () = {
                $($definition)*

                impl $crate::place::Place for $name {
                    type Target = <Self as $crate::place::Typed>::Type;
                    type Root = Self;
                    type Offset = $crate::place::Zero;

                    #[inline(always)]
                    fn root(self) -> Self {
                        self
                    }

                    #[inline(always)]
                    fn offset(self) -> $crate::place::Zero {
                        $crate::place::Zero
                    }

                    #[inline(always)]
                    fn as_ptr(self) -> *mut <Self as $crate::place::Typed>::Type {
                        (&raw const $name).cast_mut().cast()
                    }
                }

                $crate::__percpu_static_ops!($name, $name);
            };
        };
    };
}

/// The items, if all attributes are such that do nothing to a symbol.
///
/// Each is matched as a whole: a path that begins like one of them may be a macro, which would be
/// handed the items.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_attributes {
    // Many at once, as the compiler limits how deep macros go.
    ([
        #[doc = $($doc0:tt)*] #[doc = $($doc1:tt)*] #[doc = $($doc2:tt)*] #[doc = $($doc3:tt)*]
        #[doc = $($doc4:tt)*] #[doc = $($doc5:tt)*] #[doc = $($doc6:tt)*] #[doc = $($doc7:tt)*]
        $($rest:tt)*
    ] $items:tt) => {
        $crate::__percpu_attributes! {[$($rest)*] $items}
    };
    ([#[doc = $($this:tt)*] $($rest:tt)*] $items:tt) => {
        $crate::__percpu_attributes! {[$($rest)*] $items}
    };
    ([#[doc($($this:tt)*)] $($rest:tt)*] $items:tt) => {
        $crate::__percpu_attributes! {[$($rest)*] $items}
    };
    ([#[cfg($($this:tt)*)] $($rest:tt)*] $items:tt) => {
        $crate::__percpu_attributes! {[$($rest)*] $items}
    };
    ([#[allow($($this:tt)*)] $($rest:tt)*] $items:tt) => {
        $crate::__percpu_attributes! {[$($rest)*] $items}
    };
    ([#[deprecated $(= $note:literal)? $(($($this:tt)*))?] $($rest:tt)*] $items:tt) => {
        $crate::__percpu_attributes! {[$($rest)*] $items}
    };
    ([] { $($item:item)* }) => {
        $($item)*
    };
    // Of a count: no attribute of the user's begins so.
    ([
        #[@count doc = $($doc0:tt)*] #[@count doc = $($doc1:tt)*] #[@count doc = $($doc2:tt)*]
        #[@count doc = $($doc3:tt)*] #[@count doc = $($doc4:tt)*] #[@count doc = $($doc5:tt)*]
        $($rest:tt)*
    ] $items:tt) => {
        $crate::__percpu_attributes! {[$($rest)*] $items}
    };
    ([#[@count cfg($($this:tt)*)] $($rest:tt)*] $items:tt) => {
        $crate::__core::compile_error!(
            "a count takes the attributes `doc`, `allow` and `deprecated`, not `cfg`: the structure may have it"
        );
    };
    ([#[@count $($this:tt)*] $($rest:tt)*] $items:tt) => {
        $crate::__percpu_attributes! {[#[$($this)*] $($rest)*] $items}
    };
    ([#[$($other:tt)*] $($rest:tt)*] $items:tt) => {
        $crate::__core::compile_error!($crate::__core::concat!(
            "a per-CPU variable, or a structure of counts, takes the attributes `doc`, `cfg`, `allow` and `deprecated`, not `",
            $crate::__core::stringify!($($other)*),
            "`"
        ));
    };
}

/// The initial value of a variable of [`export_per_cpu_symbol!`](crate::export_per_cpu_symbol).
///
/// `P` is the variable, which the compiler finds out.
#[must_use]
pub struct Exported<P: Place> {
    // Not dropped, so that a `const fn` can take it out; `Storage` refuses what needs to be.
    init: ManuallyDrop<P::Target>,
}

impl<P: Place> Exported<P> {
    /// Lets others use the variable by its name.
    ///
    /// # Safety
    ///
    /// No other symbol of the module has the name. All other users access it only in ways [`PerCpu`]
    /// allows.
    pub const unsafe fn new(init: P::Target) -> Self {
        Self {
            init: ManuallyDrop::new(init),
        }
    }
}

/// The promise that there is a variable, for [`declare_per_cpu!`](crate::declare_per_cpu).
///
/// `P` is the variable, which the compiler finds out.
#[must_use]
pub struct Declared<P: Place> {
    _place: PhantomData<fn(P) -> P>,
}

impl<P: Place> Declared<P> {
    /// Believes that the variable is there.
    ///
    /// # Safety
    ///
    /// There is a per-CPU variable of the name. Every copy is laid out as the type and holds a valid
    /// value of it at any time. All other users access it only in ways [`PerCpu`] allows.
    pub const unsafe fn new() -> Self {
        Self {
            _place: PhantomData,
        }
    }
}

impl<P: Place> PerCpu<P> {
    #[doc(hidden)]
    pub const fn declared(place: P, _declared: Declared<P>) -> Self {
        // SAFETY: By the promise made to `Declared::new`.
        unsafe { Self::from_place(place) }
    }
}

/// The initial value of a static per-CPU variable, as it stands in the section.
#[doc(hidden)]
#[repr(transparent)]
// The cell keeps the section writable; a section of constants alone would be read-only.
pub struct Storage<T>(UnsafeCell<T>);

// SAFETY: The section is a template that only the module loader reads, or without SMP the one copy.
// Copies are guarded by `PerCpu`, which asks for `Send`.
unsafe impl<T: Send> Sync for Storage<T> {}

impl<T: Send> Storage<T> {
    /// The assertions fail at compile time, and point at the variable, as this is called by the
    /// initialiser of a static.
    ///
    /// `drops` says whether dropping the value would do something.
    pub const fn new(init: T, drops: bool) -> Self {
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
            !drops,
            "a static per-CPU variable is never dropped, as a structure with a LocalLock has to be: use PerCpuBox"
        );
        Self(UnsafeCell::new(init))
    }

    /// As `new`, with the promise that others may use it.
    pub const fn exported<P: Place<Target = T>>(exported: Exported<P>, drops: bool) -> Self {
        Self::new(ManuallyDrop::into_inner(exported.init), drops)
    }
}

/// Whether dropping a value of a place would do something.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_drops {
    ($place:ident) => {{
        #[allow(unused_imports)]
        use $crate::AnyDrops as _;
        <$crate::Drops<<$place as $crate::place::Place>::Target>>::__PERCPU_DROPS
    }};
}

/// Whether dropping a `T` does something: for a [`LocalLock`], something else than to look whether it is
/// held.
#[doc(hidden)]
pub struct Drops<T>(PhantomData<T>);

impl<T> Drops<LocalLock<T>> {
    // Found before that of the trait.
    pub const __PERCPU_DROPS: bool = core::mem::needs_drop::<T>();
}

#[doc(hidden)]
pub trait AnyDrops {
    const __PERCPU_DROPS: bool;
}

impl<T> AnyDrops for Drops<T> {
    const __PERCPU_DROPS: bool = core::mem::needs_drop::<T>();
}
