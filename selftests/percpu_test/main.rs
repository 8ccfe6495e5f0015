// SPDX-License-Identifier: GPL-2.0

//! Tests of the percpu crate that run in the kernel when this module is loaded.
//!
//! The results go to the kernel log as KTAP; loading fails if a test does. On a kernel with KUnit
//! the same tests are a suite, and KUnit runs them and has the results.

use core::panic::Location;
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
mod cmpxchg128;
mod contexts;
mod cpuhp;
mod cpus;
mod decimal;
mod define_per_cpu;
mod define_per_cpu_names;
mod element;
mod field;
mod form;
mod irqs_off;
mod local_lock;
mod per_cpu;
mod per_cpu_ref;
mod percpu_box;
mod percpu_box_pin_init;
mod percpu_counter;
mod percpu_ref;
mod percpu_rwsem;
mod pinned;
mod scalar;
mod smp_call;
mod sum;
mod this_cpu;
mod this_cpu_interrupts;
mod this_cpu_widths;
mod u64_stats;
mod value;
mod write_all;

/// What was expected, and where; or why a test cannot be run.
#[derive(Debug)]
struct Wrong {
    line: u32,
    what: &'static str,
    skip: bool,
}

impl Wrong {
    const fn new(line: u32, what: &'static str) -> Self {
        Wrong {
            line,
            what,
            skip: false,
        }
    }

    const fn skip(why: &'static str) -> Self {
        Wrong {
            line: 0,
            what: why,
            skip: true,
        }
    }
}

/// Gives others time to come in between.
fn linger(rounds: u32) {
    for _ in 0..rounds {
        // Where `spin_loop` is nothing, the compiler would leave out a loop of it.
        core::hint::black_box(());
        core::hint::spin_loop();
    }
}

impl From<Error> for Wrong {
    #[track_caller]
    fn from(e: Error) -> Self {
        let name = e.name().and_then(|name| name.to_str().ok());
        Wrong::new(Location::caller().line(), name.unwrap_or("an error"))
    }
}

impl From<AllocError> for Wrong {
    #[track_caller]
    fn from(_: AllocError) -> Self {
        Wrong::new(Location::caller().line(), "no memory")
    }
}

/// Returns from the test with an error if the condition does not hold. A test never panics: it may
/// hold guards.
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            return Err($crate::Wrong::new(line!(), stringify!($condition)));
        }
    };
}
use check;

/// Names the tests, for loading and for KUnit.
macro_rules! tests {
    ($($name:ident = $module:ident::$test:ident;)*) => {
        const TESTS: &[(&str, fn() -> Result<(), Wrong>)] = &[$((stringify!($name), $module::$test)),*];

        #[kunit_tests(rust_percpu)]
        mod kunit {
            $(
                #[test]
                fn $name() -> Result<(), crate::Wrong> {
                    match super::$module::$test() {
                        Err(wrong) if !wrong.skip => {
                            kernel::pr_err!("line {}: {}\n", wrong.line, wrong.what);
                            Err(wrong)
                        }
                        _ => Ok(()),
                    }
                }
            )*
        }
    };
}

tests! {
    define_per_cpu = define_per_cpu::test;
    define_per_cpu_names = define_per_cpu_names::test;
    this_cpu = this_cpu::test;
    cmpxchg128 = cmpxchg128::test;
    this_cpu_widths = this_cpu_widths::test;
    field = field::test;
    element = element::test;
    scalar = scalar::test;
    decimal = decimal::test;
    pinned = pinned::test;
    per_cpu = per_cpu::test;
    per_cpu_ref = per_cpu_ref::test;
    irqs_off = irqs_off::test;
    percpu_box = percpu_box::test;
    percpu_box_pin_init = percpu_box_pin_init::test;
    sum = sum::test;
    contexts = contexts::test;
    on_each_cpu = smp_call::on_each;
    cpus_read_lock = cpus::locked;
    this_cpu_interrupts = this_cpu_interrupts::test;
    write_all = write_all::test;
    local_lock = local_lock::test;
    u64_stats = u64_stats::test;
    percpu_counter = percpu_counter::test;
    percpu_ref = percpu_ref::test;
    percpu_rwsem = percpu_rwsem::test;
    smp_call = smp_call::test;
    cpuhp = cpuhp::test;
}

struct PercpuTest;

impl kernel::Module for PercpuTest {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        if cfg!(CONFIG_KUNIT) {
            return Ok(Self);
        }
        let mut failed = 0;
        pr_info!("KTAP version 1\n");
        pr_info!("1..{}\n", TESTS.len());
        for (number, (name, test)) in (1..).zip(TESTS) {
            match test() {
                Ok(()) => pr_info!("ok {number} {name}\n"),
                Err(wrong) if wrong.skip => pr_info!("ok {number} {name} # SKIP {}\n", wrong.what),
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
