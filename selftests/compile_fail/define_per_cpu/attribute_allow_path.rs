// SPDX-License-Identifier: GPL-2.0

//! Attributes: a macro whose path begins like an attribute that is let pass is not.

use percpu::*;

#[allow(dead_code)]
mod allow {
    pub(crate) use core::prelude::v1::test as gone;
}

define_per_cpu! {
    //~ a per-CPU variable, or a structure of counts
    //@ #[allow(dead_code)]
    #[allow::gone]
    pub static COUNT: Scalar<u64> = Scalar::new(7);
}
