// SPDX-License-Identifier: GPL-2.0

//! The macros mean what they mean in the crate, whatever names stand for where they are used.

#![allow(dead_code, non_camel_case_types, non_upper_case_globals, unused_macros)]
#![allow(clippy::empty_loop, clippy::extra_unused_type_parameters)]

use crate::{
    check,
    Wrong, //
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    field,
    PerCpuBox,
    Scalar, //
};

mod core {}
mod kernel {}

type u8 = ();
type u16 = ();
type u32 = ::core::primitive::u16;
type usize = ();
struct Zero;
struct Storage;
struct Field;
struct Offset;
struct Place;
struct PerCpu;
struct CpuOps;

/// As many attributes as a long comment has lines.
macro_rules! documented {
    ($($line:literal)*) => {
        define_per_cpu! {
            $(#[doc = $line])*
            static documented_at_length: Scalar<::core::primitive::u64> = Scalar::new(0);
        }

        percpu::u64_stats! {
            struct DocumentedAtLength {
                $(#[doc = $line])*
                count: u64,
            }
        }
    };
}
documented! {
    "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" ""
    "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" ""
    "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" ""
    "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" ""
    "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" ""
    "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" ""
    "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" ""
    "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" ""
    "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" ""
    "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" "" ""
}

/// What macros bind, in each namespace that there is: a pattern takes a constant for a value, and a
/// static or a structure for a mistake.
mod bound {
    macro_rules! names {
        ($($name:ident)*) => {$(
            pub(super) mod $name {}
        )*};
    }
    macro_rules! constants {
        ($($name:ident)*) => {$(
            pub(super) const $name: [i8; 3] = [0; 3];
        )*};
    }
    macro_rules! statics {
        ($($name:ident)*) => {$(
            pub(super) static $name: [i8; 3] = [0; 3];
        )*};
    }
    macro_rules! structures {
        ($($name:ident)*) => {$(
            pub(super) struct $name;
        )*};
    }
    macro_rules! functions {
        ($($name:ident)*) => {$(
            pub(super) fn $name() -> [i8; 3] {
                [0; 3]
            }
        )*};
    }

    names! { v old new now at off place storage value it definition }
    constants! { v old now at ty copy expected }
    statics! { new off bits place storage this_cpu }
    structures! { cpu offset var ptr failed guard }
    functions! { value it definition sum root as_ptr init name }
}
#[allow(unused_imports)]
use bound::*;

macro_rules! concat {
    ($($part:tt)*) => {
        "ud2"
    };
}
macro_rules! asm {
    ($($part:tt)*) => {};
}
macro_rules! offset_of {
    ($($part:tt)*) => {
        0
    };
}

/// Its name was that of a type in `field!`.
#[repr(C)]
struct Bytes {
    first: Scalar<i32>,
    second: Scalar<i32>,
}

define_per_cpu! {
    static __PERCPU_STORAGE: Scalar<i32> = Scalar::new(0x1_0000);
    static I: Scalar<i64> = Scalar::new(1);
    static O: Bytes = Bytes { first: Scalar::new(1), second: Scalar::new(2) };
    // Attributes hold for all that is made, so either of two can be left out.
    #[cfg(MODULE)]
    static CHOSEN: Scalar<i32> = Scalar::new(1);
    #[cfg(not(MODULE))]
    static CHOSEN: NoSuchType = 0;
}

/// Nor do methods of traits that are found where the macros are expanded.
mod no_prelude {
    #![no_implicit_prelude]

    use ::percpu::{
        define_per_cpu,
        Scalar, //
    };

    pub(super) trait From<T> {
        fn from(value: T) -> u64;
    }

    impl<T> From<T> for u64 {
        fn from(_: T) -> u64 {
            2
        }
    }

    type u64 = ::core::primitive::u64;

    define_per_cpu! {
        pub(super) static FLAG: Scalar<::core::primitive::bool> = Scalar::new(false);
        pub(super) static COUNT: Scalar<u64> = Scalar::new(5);
    }
}

/// Methods of its own do not come before those of the crate.
impl __PERCPU_STORAGE {
    fn read<A, B, C>(self) -> A {
        loop {}
    }

    fn as_ptr(self) -> *mut i32 {
        ::core::ptr::null_mut()
    }

    fn root(self) -> I {
        I {}
    }
}

pub(crate) fn test() -> Result<(), Wrong> {
    check!(!no_prelude::FLAG.this_cpu_read());
    no_prelude::FLAG.this_cpu_or(true);
    check!(no_prelude::FLAG.raw_cpu_xchg(false) || no_prelude::FLAG.iter().count() > 1);
    check!(no_prelude::COUNT.this_cpu_add_return(0) == 5);
    check!(no_prelude::COUNT.this_cpu_cmpxchg(5, 5) == 5);

    __PERCPU_STORAGE.this_cpu_add(0x1_0000);
    check!(__PERCPU_STORAGE.sum() > 0x1_0000);
    cpus_read_lock(|cpus| __PERCPU_STORAGE.write_all(cpus, 0x7fff_0000));
    check!(__PERCPU_STORAGE.this_cpu_read() == 0x7fff_0000);
    check!(__PERCPU_STORAGE.raw_cpu_xchg(0x1234_5678) == 0x7fff_0000);
    cpus_read_lock(|cpus| __PERCPU_STORAGE.write_all(cpus, 0x1234_5678));
    check!(__PERCPU_STORAGE.this_cpu_xchg(0x1234_5678) == 0x1234_5678);
    check!(__PERCPU_STORAGE.this_cpu_add_return(0) == 0x1234_5678);
    check!(__PERCPU_STORAGE.this_cpu_cmpxchg(0x1234_5678, 0x1234_5678) == 0x1234_5678);

    check!(CHOSEN.sum() >= 1);

    I.this_cpu_inc();
    check!(field!(O, Bytes, first).this_cpu_read() == 1);
    check!(field!(O, Bytes, second).this_cpu_read() == 2);

    let bytes = PerCpuBox::new_with(
        |_| Bytes {
            first: Scalar::new(1),
            second: Scalar::new(0x2_0000),
        },
        ::kernel::alloc::flags::GFP_KERNEL,
    );
    if let Ok(bytes) = bytes {
        check!(field!(bytes, Bytes, second).this_cpu_read() == 0x2_0000);
    }
    Ok(())
}
