// SPDX-License-Identifier: GPL-2.0

//! Attributes: what the linker keeps is not up to the user.

use percpu::*;

define_per_cpu! {
    //~ a per-CPU variable, or a structure of counts
    //@ #[allow(dead_code)]
    #[used]
    pub static COUNT: Scalar<u64> = Scalar::new(7);
}
