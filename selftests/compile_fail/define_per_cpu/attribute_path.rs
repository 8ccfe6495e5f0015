// SPDX-License-Identifier: GPL-2.0

//! Attributes: what is not plainly harmless is refused, tools' attributes too.

use percpu::*;

define_per_cpu! {
    //~ a per-CPU variable, or a structure of counts
    //@ #[allow(dead_code)]
    #[rustfmt::skip]
    pub static COUNT: Scalar<u64> = Scalar::new(7);
}
