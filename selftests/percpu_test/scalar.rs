// SPDX-License-Identifier: GPL-2.0

//! What a copy is for whoever owns it, and what it shows.

use crate::{
    check,
    Wrong, //
};
use kernel::{
    prelude::*,
    str::CString, //
};
use percpu::{
    possible_cpus,
    PerCpuBox,
    Scalar, //
};

pub(crate) fn test() -> Result<(), Wrong> {
    let mut own = Scalar::from(7u16);
    *own.get_mut() += 1;
    check!(own.read_once() == 8);
    check!(Scalar::<i64>::default().read_once() == 0);
    check!(!Scalar::<bool>::default().read_once());
    let shown = CString::try_from_fmt(fmt!("{:?}", own))?;
    check!(shown.to_str() == Ok("8"));

    // All copies, by whoever has the box alone, be they `Sync` or not.
    let mut boxed = PerCpuBox::new_with(|cpu| core::cell::Cell::new(cpu.as_u32()), GFP_KERNEL)?;
    let copies = boxed.iter_mut().map(|(cpu, copy)| {
        let copy = copy.get_mut();
        *copy.get_mut() += 1;
        copy.get() == cpu.as_u32() + 1
    });
    check!(copies.filter(|right| *right).count() == possible_cpus().count());
    check!(possible_cpus().all(|cpu| boxed.get_mut(cpu).get() == cpu.as_u32() + 1));

    // In a type that has room for the sum.
    let bytes = PerCpuBox::new_with(|_| Scalar::new(200u8), GFP_KERNEL)?;
    let copies = possible_cpus().count();
    check!(bytes.sum_as::<u64>() == 200 * copies as u64);
    check!(bytes.sum() == (200 * copies) as u8);
    Ok(())
}
