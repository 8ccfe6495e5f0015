// SPDX-License-Identifier: GPL-2.0

//! Rule 8: what the copies refer to outlives the box, which drops them.

use kernel::alloc::flags::GFP_KERNEL;
use percpu::*;

pub struct Log<'a>(pub &'a Scalar<u64>);

impl Drop for Log<'_> {
    fn drop(&mut self) {}
}

pub fn f() {
    let value = Scalar::new(0);
    let logs = PerCpuBox::new_with(|_| Log(&value), GFP_KERNEL);
    //~ E0505
    //@
    drop(value);
    drop(logs);
}
