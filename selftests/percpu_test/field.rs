// SPDX-License-Identifier: GPL-2.0

//! Fields in generic code: each structure's own, at its own offset.

use crate::{
    check,
    Wrong, //
};
use kernel::prelude::*;
use percpu::{
    define_per_cpu,
    field,
    Integer,
    PerCpu,
    PerCpuBox,
    Place,
    Scalar, //
};

struct Pair<A: Integer, B: Integer> {
    first: Scalar<A>,
    second: Scalar<B>,
}

define_per_cpu! {
    static STATIC: Pair<u8, u64> = Pair { first: Scalar::new(1), second: Scalar::new(2) };
}

pub(crate) fn test() -> Result<(), Wrong> {
    check!(swap(&STATIC, 7, 8) == (1, 2));
    check!(swap(&STATIC, 1, 2) == (7, 8));
    let boxed = PerCpuBox::new_with(
        |_| Pair {
            first: Scalar::new(-1i64),
            second: Scalar::new(-2i16),
        },
        GFP_KERNEL,
    )?;
    check!(swap(&boxed, 3, 4) == (-1, -2));
    Ok(())
}

/// Writes to both fields and returns what they were, on whichever CPU each.
fn swap<A: Integer, B: Integer>(
    pair: &PerCpu<impl Place<Target = Pair<A, B>>>,
    first: A,
    second: B,
) -> (A, B) {
    let one = field!([A: Integer, B: Integer] pair, Pair<A, B>, first);
    let other = field!([A: Integer, B: Integer] pair, Pair<A, B>, second);
    percpu::get_cpu(|_| (one.this_cpu_xchg(first), other.this_cpu_xchg(second)))
}
