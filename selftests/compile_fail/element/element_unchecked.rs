// SPDX-License-Identifier: GPL-2.0

//! Elements: an index is checked.

use percpu::*;

define_per_cpu! {
    static BINS: [Scalar<u64>; 4] = [const { Scalar::new(0) }; 4];
}

pub fn f(index: usize) {
    //~ E0599
    //@ BINS.element(index).map(|bin| bin.this_cpu_inc());
    BINS.element(index).this_cpu_inc();
}
