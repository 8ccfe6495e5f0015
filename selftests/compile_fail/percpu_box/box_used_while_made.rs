// SPDX-License-Identifier: GPL-2.0

//! Rule 8, and thread_local #97: what makes the first values does not see the variable yet.

use kernel::alloc::{flags::GFP_KERNEL, AllocError};
use percpu::*;

pub fn f() -> Result<u64, AllocError> {
    let hits: PerCpuBox<Scalar<u64>>;
    //~ E0381
    //@ hits = PerCpuBox::new_with(|_| Scalar::new(0), GFP_KERNEL)?;
    hits = PerCpuBox::new_with(|_| Scalar::new(hits.sum()), GFP_KERNEL)?;
    Ok(hits.sum())
}
