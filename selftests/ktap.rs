// SPDX-License-Identifier: GPL-2.0

//! Test results in KTAP, exit status as kselftest wants it.

use std::{
    panic::{
        catch_unwind,
        AssertUnwindSafe, //
    },
    process::ExitCode,
};

/// Why a test was not run.
pub struct Skip(pub String);

/// A test that passes by returning, fails by panicking, and may say why it does not apply.
pub type Test = (&'static str, fn() -> Result<(), Skip>);

/// What follows the program's name on the command line.
pub fn arguments() -> impl Iterator<Item = String> {
    std::env::args().skip(2)
}

/// The value of `name=VALUE` on the command line.
pub fn parameter(name: &str) -> Option<u64> {
    let value = arguments().find_map(|arg| {
        let (n, value) = arg.split_once('=')?;
        (n == name).then(|| value.to_string())
    })?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name}={value} is no number")),
    )
}

/// Runs the tests one after another: all, or those named on the command line.
pub fn run(tests: &[Test]) -> ExitCode {
    let named: Vec<String> = arguments().filter(|arg| !arg.contains('=')).collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|n| n == name);
    let tests: Vec<_> = tests.iter().filter(|(name, _)| wanted(name)).collect();
    println!("KTAP version 1\n1..{}", tests.len());
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (number, (name, test)) in (1..).zip(tests) {
        match catch_unwind(AssertUnwindSafe(test)) {
            Ok(Ok(())) => {
                passed += 1;
                println!("ok {number} {name}");
            }
            Ok(Err(Skip(why))) => {
                skipped += 1;
                println!("ok {number} {name} # SKIP {why}");
            }
            // The panic has told why, on standard error.
            Err(_) => {
                failed += 1;
                println!("not ok {number} {name}");
            }
        }
    }
    println!("# Totals: pass:{passed} fail:{failed} xfail:0 xpass:0 skip:{skipped} error:0");
    ExitCode::from(match (passed, failed) {
        (_, 1..) => 1,
        (0, 0) => 4,
        _ => 0,
    })
}
