// SPDX-License-Identifier: GPL-2.0

//! Operands that were narrower, wider or of the other sign before, on counters of a machine word.
//!
//! The cases are those of the kernel's own `lib/percpu_test.c`. C converts without a word; here
//! each conversion is written down, and has to come out the same.

use crate::{
    check,
    Wrong, //
};
use percpu::{
    define_per_cpu,
    get_cpu,
    Scalar, //
};

define_per_cpu! {
    static LONG: Scalar<isize> = Scalar::new(0);
    static ULONG: Scalar<usize> = Scalar::new(0);
}

pub(crate) fn test() -> Result<(), Wrong> {
    get_cpu(|guard| {
        // Not the constant 1, for which other instructions might be chosen.
        let one = core::hint::black_box(1u32);
        let minus_one = one.wrapping_neg();

        let steps: &[(isize, isize)] = &[(-1, -1), (1, 0), (minus_one as isize, u32::MAX as isize)];
        for &(step, sum) in steps {
            LONG.__this_cpu_add(guard, step);
            check!(LONG.__this_cpu_read(guard) == sum);
        }
        LONG.__this_cpu_add(guard, one as isize);
        check!(LONG.__this_cpu_read(guard) == 0x1_0000_0000u64 as isize);
        LONG.__this_cpu_write(guard, 0);
        LONG.__this_cpu_sub(guard, one as isize);
        check!(LONG.__this_cpu_read(guard) == -1);
        LONG.this_cpu_write(0);
        LONG.this_cpu_sub(one as isize);
        check!(LONG.this_cpu_read() as usize == usize::MAX);
        LONG.this_cpu_write(1);
        LONG.this_cpu_sub(minus_one as isize);
        check!(LONG.this_cpu_read() == 1isize.wrapping_sub(u32::MAX as isize));

        for (step, sum) in [(1, 1), (usize::MAX, 0), (1usize.wrapping_neg(), usize::MAX)] {
            ULONG.__this_cpu_add(guard, step);
            check!(ULONG.__this_cpu_read(guard) == sum);
        }
        ULONG.__this_cpu_write(guard, 0);
        ULONG.__this_cpu_dec(guard);
        check!(ULONG.__this_cpu_read(guard) == usize::MAX);
        ULONG.__this_cpu_inc(guard);
        ULONG.__this_cpu_sub(guard, one as usize);
        check!(ULONG.__this_cpu_read(guard) == usize::MAX);
        ULONG.__this_cpu_write(guard, 0);
        ULONG.__this_cpu_add(guard, u64::from(u32::MAX) as usize);
        check!(ULONG.__this_cpu_read(guard) == u32::MAX as usize);

        ULONG.__this_cpu_write(guard, 3);
        check!(ULONG.this_cpu_sub_return(one as usize) == 2);
        check!(ULONG.__this_cpu_sub_return(guard, one as usize) == 1);
        Ok(())
    })
}
