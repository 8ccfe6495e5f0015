// SPDX-License-Identifier: GPL-2.0

//! Tests of the percpu crate that run in the kernel when this module is loaded.
//!
//! The results go to the kernel log as KTAP; loading fails if a test does.

use kernel::{
    alloc::AllocError,
    prelude::*, //
};

module! {
    type: PercpuTest,
    name: "percpu_test",
    authors: ["The rust_percpu authors"],
    description: "Tests of the percpu crate",
    license: "GPL",
}

mod c;
mod form;
mod matrix;
mod static_init;
mod value;

/// A test says what it found wrong.
type Test = fn() -> Result<(), Wrong>;

/// What was expected, and where.
#[derive(Debug)]
struct Wrong {
    line: u32,
    what: &'static str,
}

impl From<AllocError> for Wrong {
    fn from(_: AllocError) -> Self {
        Wrong {
            line: 0,
            what: "no memory",
        }
    }
}

/// Returns from the test with an error if the condition does not hold.
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            return Err($crate::Wrong {
                line: line!(),
                what: stringify!($condition),
            });
        }
    };
}
use check;

const TESTS: &[(&str, Test)] = &[("static_init", static_init::test), ("matrix", matrix::test)];

struct PercpuTest;

impl kernel::Module for PercpuTest {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let mut failed = 0;
        pr_info!("KTAP version 1\n");
        pr_info!("1..{}\n", TESTS.len());
        for (number, (name, test)) in (1..).zip(TESTS) {
            match test() {
                Ok(()) => pr_info!("ok {number} {name}\n"),
                Err(wrong) => {
                    failed += 1;
                    pr_info!("# {name}: line {}: {}\n", wrong.line, wrong.what);
                    pr_info!("not ok {number} {name}\n");
                }
            }
        }
        if failed == 0 {
            Ok(Self)
        } else {
            Err(EINVAL)
        }
    }
}
