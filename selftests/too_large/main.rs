// SPDX-License-Identifier: GPL-2.0

//! A module whose static variables do not fit into what the kernel reserves for those of all
//! modules: it cannot be loaded.

use kernel::prelude::*;
use percpu::{
    define_per_cpu,
    Scalar, //
};

module! {
    type: TooLarge,
    name: "too_large",
    authors: ["The rust_percpu authors"],
    description: "Test: static per-CPU variables that do not fit",
    license: "GPL",
}

/// A page.
type Page = [Scalar<u64>; 512];

define_per_cpu! {
    static FIRST: Page = [const { Scalar::new(0) }; 512];
    static SECOND: Page = [const { Scalar::new(0) }; 512];
    static THIRD: Page = [const { Scalar::new(0) }; 512];
}

struct TooLarge;

impl kernel::Module for TooLarge {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let names = [FIRST.as_ptr(), SECOND.as_ptr(), THIRD.as_ptr()];
        pr_err!("{names:?} fit\n");
        Ok(Self)
    }
}
