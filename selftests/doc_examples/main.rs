// SPDX-License-Identifier: GPL-2.0

//! The examples of the documentation, each run once when this module is loaded.
//!
//! `extract` takes them from where they stand. The results go to the kernel log as KTAP.

// As rustdoc has it.
#![allow(unused, non_snake_case, non_upper_case_globals, clippy::all)]

use kernel::{
    alloc::AllocError,
    prelude::*, //
};
use percpu::*;

module! {
    type: DocExamples,
    name: "doc_examples",
    authors: ["The rust_percpu authors"],
    description: "The examples of the documentation",
    license: "GPL",
}

/// What was not so.
struct Wrong(&'static str);

impl From<Error> for Wrong {
    fn from(e: Error) -> Self {
        Self(
            e.name()
                .and_then(|name| name.to_str().ok())
                .unwrap_or("an error"),
        )
    }
}

impl From<AllocError> for Wrong {
    fn from(_: AllocError) -> Self {
        Self("no memory")
    }
}

type Example = (&'static str, fn() -> Result<(), Wrong>);

/// In an example, what does not hold ends it: a panic would end the kernel.
macro_rules! assert {
    ($condition:expr $(,)?) => {
        if !$condition {
            return Err(Wrong(stringify!($condition)));
        }
    };
}

macro_rules! assert_eq {
    ($left:expr, $right:expr $(,)?) => {
        assert!($left == $right)
    };
}

include!(env!("DOC_EXAMPLES"));

struct DocExamples;

impl kernel::Module for DocExamples {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        pr_info!("KTAP version 1\n");
        pr_info!("1..{}\n", EXAMPLES.len());
        for (number, (place, example)) in (1..).zip(EXAMPLES) {
            match example() {
                Ok(()) => pr_info!("ok {number} {place}\n"),
                Err(Wrong(what)) => {
                    pr_info!("# {what}\n");
                    pr_info!("not ok {number} {place}\n");
                }
            }
        }
        Ok(Self)
    }
}
