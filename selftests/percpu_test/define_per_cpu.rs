// SPDX-License-Identifier: GPL-2.0

//! A static variable starts with its initial value on every possible CPU.

use crate::{
    check,
    Wrong, //
};
use percpu::{
    define_per_cpu,
    possible_cpus,
    Scalar, //
};

define_per_cpu! {
    static I8: Scalar<i8> = Scalar::new(-128);
    static I16: Scalar<i16> = Scalar::new(-0x1234);
    static I32: Scalar<i32> = Scalar::new(i32::MIN);
    static I64: Scalar<i64> = Scalar::new(-1);
    static ISIZE: Scalar<isize> = Scalar::new(isize::MAX);
    static U8: Scalar<u8> = Scalar::new(0xa5);
    static U16: Scalar<u16> = Scalar::new(0xfedc);
    static U32: Scalar<u32> = Scalar::new(0xdead_beef);
    static U64: Scalar<u64> = Scalar::new(0x0123_4567_89ab_cdef);
    static USIZE: Scalar<usize> = Scalar::new(usize::MAX);
    static BOOL: Scalar<bool> = Scalar::new(true);
    static POINTER: Scalar<*const u8> = Scalar::new(b"x".as_ptr());
    // Clippy would complain if it warned here.
    #[deprecated = "warns where it is used alone"]
    static OLD: Scalar<u8> = Scalar::new(3);
}

pub(crate) fn test() -> Result<(), Wrong> {
    check!(possible_cpus().count() > 0);
    for cpu in possible_cpus() {
        check!(I8.per_cpu(cpu) == -128);
        check!(I16.per_cpu(cpu) == -0x1234);
        check!(I32.per_cpu(cpu) == i32::MIN);
        check!(I64.per_cpu(cpu) == -1);
        check!(ISIZE.per_cpu(cpu) == isize::MAX);
        check!(U8.per_cpu(cpu) == 0xa5);
        check!(U16.per_cpu(cpu) == 0xfedc);
        check!(U32.per_cpu(cpu) == 0xdead_beef);
        check!(U64.per_cpu(cpu) == 0x0123_4567_89ab_cdef);
        check!(USIZE.per_cpu(cpu) == usize::MAX);
        check!(BOOL.per_cpu(cpu));
        check!(!POINTER.per_cpu(cpu).is_null());
        #[allow(deprecated)]
        let old = OLD.per_cpu(cpu);
        check!(old == 3);
    }
    Ok(())
}
