// SPDX-License-Identifier: GPL-2.0

//! Uses per-CPU variables that others define: symbols_export, and the kernel itself.

use kernel::{
    bindings,
    fmt,
    prelude::*, //
};
use percpu::{
    declare_per_cpu,
    define_per_cpu,
    on_each_cpu,
    Declared,
    Pinned,
    Scalar, //
};

module! {
    type: SymbolsRust,
    name: "symbols_rust",
    authors: ["The rust_percpu authors"],
    description: "Test: per-CPU variables of others used in Rust",
    license: "GPL",
}

const SOFTIRQS: usize = bindings::NR_SOFTIRQS as usize;

/// `struct kernel_stat` of include/linux/kernel_stat.h.
#[repr(C)]
struct KernelStat {
    irqs_sum: Scalar<c_ulong>,
    softirqs: [Scalar<c_uint>; SOFTIRQS],
}

const _: () = assert!(size_of::<KernelStat>() == size_of::<bindings::kernel_stat>());

declare_per_cpu! {
    // SAFETY: symbols_export defines it as a `Scalar<u64>`.
    static symbols_hits: Scalar<u64> = unsafe { Declared::new() };
    // SAFETY: symbols_export defines it as a `Scalar<i16>`.
    static symbols_small: Scalar<i16> = unsafe { Declared::new() };
    // SAFETY: The kernel has it as a `struct kernel_stat`, laid out like ours, and counts each
    // CPU's on that CPU.
    static kstat: KernelStat = unsafe { Declared::new() };
}

// Only x86 exports it, where it has more than one.
#[cfg(all(CONFIG_X86_64, CONFIG_SMP, not(CONFIG_UML)))]
declare_per_cpu! {
    // SAFETY: The kernel has it as an int, written at boot alone.
    static cpu_number: Scalar<c_int> = unsafe { Declared::new() };
}

/// Whether `cpu_number` says so where `here` is.
#[cfg(all(CONFIG_X86_64, CONFIG_SMP, not(CONFIG_UML)))]
fn numbered(here: &impl Pinned) -> bool {
    u32::try_from(cpu_number.this_cpu_read()) == Ok(here.cpu().as_u32())
}

#[cfg(not(all(CONFIG_X86_64, CONFIG_SMP, not(CONFIG_UML))))]
fn numbered(_here: &impl Pinned) -> bool {
    true
}

define_per_cpu! {
    static NUMBERED: Scalar<u32> = Scalar::new(0);
}

/// What `/proc/stat` has in its line `softirq`, after the total.
struct Softirqs;

impl fmt::Display for Softirqs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for number in 0..SOFTIRQS {
            let sum = kstat.iter().fold(0u64, |sum, (_, stat)| {
                sum + u64::from(stat.softirqs[number].read_once())
            });
            write!(f, " {}", percpu::Decimal(sum))?;
        }
        Ok(())
    }
}

struct SymbolsRust;

impl kernel::Module for SymbolsRust {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        on_each_cpu(|irqs| {
            symbols_hits.this_cpu_add(100);
            symbols_small.this_cpu_sub(2);
            if numbered(irqs) {
                NUMBERED.this_cpu_inc();
            }
        });
        pr_info!("numbered {}\n", NUMBERED.sum());
        pr_info!(
            "irqs {}\n",
            percpu::Decimal(percpu::field!(kstat, KernelStat, irqs_sum).sum() as u64)
        );
        pr_info!("softirq{}\n", Softirqs);
        Ok(Self)
    }
}
