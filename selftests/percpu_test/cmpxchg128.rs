// SPDX-License-Identifier: GPL-2.0

//! 16 bytes are exchanged as one, or not at all.

use crate::{
    c,
    check,
    Wrong, //
};
use kernel::prelude::*;
use percpu::{
    define_per_cpu,
    get_cpu,
    PerCpu,
    PerCpuBox,
    Place,
    Scalar128, //
};

const OLD: u128 = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210;
const NEW: u128 = !OLD;

define_per_cpu! {
    static STATIC: Scalar128 = Scalar128::new(OLD);
}

pub(crate) fn test() -> Result<(), Wrong> {
    let allocated = PerCpuBox::new_with(|_cpu| Scalar128::new(OLD), GFP_KERNEL)?;
    exchange(&STATIC)?;
    exchange(&allocated)
}

fn exchange<P: Place<Target = Scalar128>>(var: &PerCpu<P>) -> Result<(), Wrong> {
    let pairs = [
        (OLD ^ 1, NEW),          // The low half differs,
        (OLD ^ (1 << 127), NEW), // or the high one: nothing happens.
        (OLD, NEW),
        (NEW, OLD),
        (OLD, OLD),
    ];
    let results = get_cpu(|_| pairs.map(|(old, new)| var.this_cpu_cmpxchg128(old, new)));
    // The generic backend needs no such instruction; another says every time that there is none.
    if !c::has_cmpxchg128() && results[0] == Err(ENOTSUPP) {
        check!(results.iter().all(|result| *result == Err(ENOTSUPP)));
        return Ok(());
    }
    check!(results == [Ok(OLD), Ok(OLD), Ok(OLD), Ok(NEW), Ok(OLD)]);
    Ok(())
}
