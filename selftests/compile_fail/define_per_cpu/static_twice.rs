// SPDX-License-Identifier: GPL-2.0

//! Rule 9: two variables do not share a place.

use percpu::*;

define_per_cpu! {
    pub static HITS: Scalar<u64> = Scalar::new(0);
    //~ E0119 | E0428
    //@ pub static MISSES: Scalar<u64> = Scalar::new(0);
    pub static HITS: Scalar<u64> = Scalar::new(0);
}
