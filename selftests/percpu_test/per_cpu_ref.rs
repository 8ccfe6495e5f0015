// SPDX-License-Identifier: GPL-2.0

//! One type for all variables of a `T`; and variables that were given away and taken back.

use crate::{
    c,
    check,
    Wrong, //
};
use kernel::{
    prelude::*,
    types::ForeignOwnable, //
};
use percpu::{
    define_per_cpu,
    field,
    get_cpu,
    PerCpuBox,
    PerCpuRef,
    Pinned,
    Scalar, //
};

struct Pair {
    first: Scalar<u64>,
    second: Scalar<u64>,
}

define_per_cpu! {
    static WHOLE: Scalar<u64> = Scalar::new(0);
    static PAIR: Pair = Pair { first: Scalar::new(0), second: Scalar::new(0) };
    static ARRAY: [Scalar<u64>; 3] = [const { Scalar::new(0) }; 3];
}

pub(crate) fn test() -> Result<(), Wrong> {
    let boxed = PerCpuBox::<Scalar<u64>>::zeroed(GFP_KERNEL)?;
    let second = field!(PAIR, Pair, second);
    let element = ARRAY.element(2).ok_or(EINVAL)?;
    let all: [PerCpuRef<'_, Scalar<u64>>; 4] = [
        WHOLE.to_ref(),
        boxed.to_ref(),
        second.to_ref(),
        (&element).into(),
    ];
    get_cpu(|guard| {
        for (n, var) in (1..).zip(all) {
            var.this_cpu_add(n);
            let same = var;
            check!(same.__this_cpu_inc_return(guard) == n + 1);
            check!(same.per_cpu(guard.cpu()) == n + 1);
        }
        check!(WHOLE.this_cpu_read() == 2 && boxed.this_cpu_read() == 3);
        check!(second.this_cpu_read() == 4 && element.this_cpu_read() == 5);
        check!(field!(PAIR, Pair, first).this_cpu_read() == 0);
        check!(ARRAY.this_cpu_ptr(guard)[2].read_once() == 5);
        Ok(())
    })?;

    let (result, left) = c::allocations_left_by(given_away);
    result?;
    check!(left.unwrap_or(0) == 0);
    Ok(())
}

fn given_away() -> Result<(), Wrong> {
    let raw = PerCpuBox::new_with(|cpu| Scalar::new(cpu.as_u32()), GFP_KERNEL)?.into_raw();
    // SAFETY: From `into_raw`, once.
    let boxed = unsafe { PerCpuBox::from_raw(raw) };
    check!(boxed
        .iter()
        .all(|(cpu, copy)| copy.read_once() == cpu.as_u32()));

    let foreign = boxed.into_foreign();
    check!(foreign.addr() % PerCpuBox::<Scalar<u32>>::FOREIGN_ALIGN == 0);
    // SAFETY: From `into_foreign`, and taken back below.
    let borrowed = unsafe { PerCpuBox::<Scalar<u32>>::borrow(foreign) };
    borrowed.this_cpu_inc();
    let sum = borrowed.sum();
    // SAFETY: From `into_foreign`, once.
    let boxed = unsafe { PerCpuBox::<Scalar<u32>>::from_foreign(foreign) };
    check!(boxed.sum() == sum);
    Ok(())
}
