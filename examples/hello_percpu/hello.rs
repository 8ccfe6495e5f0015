// SPDX-License-Identifier: GPL-2.0

//! The smallest module with a per-CPU variable: every CPU says hello.

use kernel::prelude::*;
use percpu::{
    define_per_cpu,
    on_each_cpu,
    possible_cpus,
    Decimal,
    Scalar, //
};

module! {
    type: Hello,
    name: "hello_percpu",
    authors: ["The rust_percpu authors"],
    description: "Every CPU says hello",
    license: "GPL",
}

define_per_cpu! {
    /// How often each CPU said hello.
    static HELLOS: Scalar<u64> = Scalar::new(0);
}

struct Hello;

impl kernel::Module for Hello {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        on_each_cpu(|_| HELLOS.this_cpu_inc());
        for cpu in possible_cpus() {
            let hellos = Decimal(HELLOS.per_cpu(cpu));
            pr_info!("CPU {} said hello {hellos} times\n", cpu.as_u32());
        }
        Ok(Self)
    }
}

impl Drop for Hello {
    fn drop(&mut self) {
        pr_info!("{} hellos in all\n", Decimal(HELLOS.sum()));
    }
}
