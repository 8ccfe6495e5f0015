// SPDX-License-Identifier: GPL-2.0

//! Attributes: a variable cannot take over a symbol, such as one of the kernel's that is used by name.

use percpu::*;

define_per_cpu! {
    //~ a per-CPU variable, or a structure of counts
    //@ #[allow(dead_code)]
    #[no_mangle]
    pub static COUNT: Scalar<u64> = Scalar::new(7);
}
