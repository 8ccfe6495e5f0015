// SPDX-License-Identifier: GPL-2.0

//! Attributes: what a macro of the user's hands on unseen is refused.

use percpu::*;

macro_rules! count {
    ($(#[$attr:meta])* $name:ident) => {
        define_per_cpu! {
            $(#[$attr])*
            pub static $name: Scalar<u64> = Scalar::new(7);
        }
    };
}

//~ a per-CPU variable, or a structure of counts
//@ count!(COUNT);
count!(#[no_mangle] COUNT);
