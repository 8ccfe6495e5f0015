// SPDX-License-Identifier: GPL-2.0

//! Rule 1: a field is one of the type that the variable has.

use percpu::*;

pub struct Small {
    pub hits: Scalar<u64>,
}

pub struct Large {
    pub other: [u64; 4],
    pub hits: Scalar<u64>,
}

pub fn f(small: &PerCpuBox<Small>) {
    //~ E0271 | E0308
    //@ field!(*small, Small, hits).this_cpu_inc();
    field!(*small, Large, hits).this_cpu_inc();
}
