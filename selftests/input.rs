// SPDX-License-Identifier: GPL-2.0

//! Every bad input is refused by the right error and changes nothing.

use crate::{
    ktap::{
        self,
        Skip, //
    },
    module::{
        self,
        try_reset,
        Counter,
        COUNTERS, //
    }, //
};
use std::{
    fs,
    io,
    os::unix::fs::PermissionsExt,
    process::ExitCode, //
};

const EINVAL: i32 = 22;
const ERANGE: i32 = 34;

/// What no file takes, and the error that it gets.
fn bad() -> Vec<(Vec<u8>, i32)> {
    let text = [
        ("", EINVAL),
        ("\n", EINVAL),
        (" ", EINVAL),
        ("-1", EINVAL),
        ("+1", EINVAL),
        ("0x10", EINVAL),
        ("1e3", EINVAL),
        ("1.5", EINVAL),
        ("abc", EINVAL),
        ("1 2", EINVAL),
        (" 1", EINVAL),
        ("1 ", EINVAL),
        ("1\r\n", EINVAL),
        ("1\n\n", EINVAL),
        ("1\n1\n", EINVAL),
        ("\0", EINVAL),
        ("1\0", EINVAL),
        ("\u{661}", EINVAL), // an Arabic-Indic digit
        ("18446744073709551616", ERANGE),
        ("99999999999999999999\n", ERANGE),
    ];
    let mut bad: Vec<_> = text
        .map(|(input, error)| (input.as_bytes().to_vec(), error))
        .into();
    bad.push((vec![0xff; 4], EINVAL));
    bad.push((vec![b'1'; 1 << 20], EINVAL));
    bad
}

fn error(result: io::Result<usize>) -> Option<i32> {
    result.err().and_then(|e| e.raw_os_error())
}

/// Runs `test` for each counter with something in it, which is to be there afterwards.
fn unchanged(test: impl Fn(Counter)) {
    for counter in COUNTERS {
        module::reset();
        counter.add(42);
        let before = counter.per_cpu();
        test(counter);
        assert_eq!(counter.per_cpu(), before);
    }
}

fn show(input: &[u8]) -> String {
    String::from_utf8_lossy(&input[..input.len().min(32)])
        .escape_debug()
        .to_string()
}

fn add_refuses() -> Result<(), Skip> {
    unchanged(|counter| {
        for (input, expected) in bad() {
            assert_eq!(
                error(counter.try_write(&input)),
                Some(expected),
                "{}",
                show(&input)
            );
        }
    });
    Ok(())
}

fn reset_refuses() -> Result<(), Skip> {
    unchanged(|_| {
        for (input, expected) in bad() {
            assert_eq!(error(try_reset(&input)), Some(expected), "{}", show(&input));
        }
        for input in ["0", "2", "10", "18446744073709551615"] {
            assert_eq!(error(try_reset(input.as_bytes())), Some(EINVAL), "{input}");
        }
    });
    Ok(())
}

fn takes_decimals() -> Result<(), Skip> {
    for counter in COUNTERS {
        for input in ["5", "5\n", "005", "0\n", "18446744073709551615\n"] {
            module::reset();
            assert_eq!(
                counter.try_write(input.as_bytes()).expect(input),
                input.len()
            );
            assert_eq!(counter.total(), input.trim().parse().unwrap(), "{input}");
        }
    }
    for input in ["1", "1\n", "01"] {
        assert_eq!(try_reset(input.as_bytes()).expect(input), input.len());
    }
    Ok(())
}

fn only_root_may() -> Result<(), Skip> {
    let mode = |file: &str| {
        let file = format!("{}/{file}", module::DEBUGFS);
        fs::metadata(&file).expect(&file).permissions().mode() & 0o777
    };
    for counter in COUNTERS {
        assert_eq!(mode(&format!("{}/total", counter.0)) & 0o222, 0);
        assert_eq!(mode(&format!("{}/per_cpu", counter.0)) & 0o222, 0);
        assert_eq!(mode(&format!("{}/add", counter.0)), 0o200);
    }
    assert_eq!(mode("reset"), 0o200);
    // Nobody else gets as far as the files that may be read.
    assert_eq!(mode("..") & 0o077, 0);
    Ok(())
}

pub fn main() -> ExitCode {
    module::when_loaded(|| {
        ktap::run(&[
            ("add_refuses", add_refuses),
            ("reset_refuses", reset_refuses),
            ("takes_decimals", takes_decimals),
            ("only_root_may", only_root_may),
        ])
    })
}
