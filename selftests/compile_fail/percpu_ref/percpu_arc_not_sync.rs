// SPDX-License-Identifier: GPL-2.0

//! A counted pointer is sent to others only if what it points at may be shared with them.

use core::cell::Cell;
use kernel::prelude::*;
use percpu::*;

fn spawn<T: Send>(_: T) {}

pub fn f() -> Result {
    let owner = PercpuArc::new(Cell::new(0u64), GFP_KERNEL)?;
    //~ E0277
    //@ spawn(owner.get().get());
    spawn(owner.get());
    Ok(())
}
