// SPDX-License-Identifier: GPL-2.0

//! Rule 8: what the copies refer to outlives the box, which drops them.

use kernel::alloc::flags::GFP_KERNEL;
use percpu::*;

pub struct Log<'a>(pub &'a Scalar<u64>);

impl Drop for Log<'_> {
    fn drop(&mut self) {}
}

pub fn f() {
    let _logs;
    let value = Scalar::new(0u64);
    //~ E0597
    //@ _logs = PerCpuBox::new_with(|_| Scalar::new(0u64), GFP_KERNEL);
    _logs = PerCpuBox::new_with(|_| Log(&value), GFP_KERNEL);
    let _ = &value;
}
