// SPDX-License-Identifier: GPL-2.0

//! Fields: of a generic structure too, offset and type are those of one.

use percpu::*;

pub struct Two<T: Integer> {
    pub first: Scalar<T>,
    pub second: Scalar<T>,
}

pub fn f<T: Integer>(two: &PerCpuBox<Two<T>>, one: T) {
    //~ E0308 | E0277 | E0271
    //@ field!([T: Integer] two, Two<T>, second).this_cpu_add(one);
    field!([T: Integer] two, Two<u8>, second).this_cpu_add(1);
    let _ = one;
}
