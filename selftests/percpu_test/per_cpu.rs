// SPDX-License-Identifier: GPL-2.0

//! References to the copies of `Sync` types: this CPU's by every guard, others by number.

use crate::{
    check,
    Wrong, //
};
use core::ptr;
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};
use percpu::{
    define_per_cpu,
    field,
    get_cpu,
    irqs_off,
    migrate_disable,
    on_each_cpu,
    possible_cpus,
    IrqsOff,
    MigrateOff,
    PerCpuBox,
    Pinned,
    PossibleCpu,
    PreemptOff, //
};

struct Stats {
    hits: Atomic<u32>,
    misses: Atomic<u64>,
}

impl Stats {
    const fn new() -> Self {
        Self {
            hits: Atomic::new(0),
            misses: Atomic::new(0),
        }
    }
}

define_per_cpu! {
    static STATS: Stats = Stats::new();
}

pub(crate) fn test() -> Result<(), Wrong> {
    let boxed = PerCpuBox::new_with(|_| Stats::new(), GFP_KERNEL)?;
    let every_cpu = Atomic::new(0usize);

    // All names of this CPU's copy are the same address, which per_cpu_ptr knows too.
    let names = |migrate: &MigrateOff, preempt: &PreemptOff, irqs: &IrqsOff| {
        let here = ptr::from_ref(STATS.per_cpu_ptr(irqs.cpu()));
        let names = [
            ptr::from_ref(STATS.this_cpu_ptr(migrate)),
            ptr::from_ref(STATS.this_cpu_ptr(preempt)),
            ptr::from_ref(STATS.this_cpu_ptr(irqs)),
            ptr::from_ref(STATS.this_cpu_local(irqs)),
            STATS.get_cpu_var(ptr::from_ref),
            STATS.raw_cpu_ptr().cast_const(),
        ];
        let cpus = [migrate.cpu(), preempt.cpu(), irqs.cpu()];
        names.iter().all(|&name| name == here) && cpus == [irqs.cpu(); 3]
    };
    check!(migrate_disable(|migrate| get_cpu(|preempt| irqs_off(
        |irqs| names(migrate, preempt, irqs)
    ))));

    // Each CPU writes to its copies; all others read them.
    on_each_cpu(|irqs| {
        let number = irqs.cpu().as_u32() + 1;
        STATS.this_cpu_ptr(irqs).hits.fetch_add(number, Relaxed);
        boxed.get_cpu_var(|stats| stats.hits.fetch_add(number, Relaxed));
        field!(boxed, Stats, misses)
            .this_cpu_ptr(irqs)
            .store(number.into(), Relaxed);
        every_cpu.fetch_add(1, Relaxed);
    });
    let mut seen = 0;
    for ((cpu, a), (same, b)) in STATS.iter().zip(boxed.iter()) {
        let hits = a.hits.load(Relaxed);
        check!(cpu == same && PossibleCpu::new(*cpu) == Some(cpu));
        check!(hits == 0 || hits == cpu.as_u32() + 1);
        check!(b.hits.load(Relaxed) == hits && b.misses.load(Relaxed) == hits.into());
        check!(ptr::eq(STATS.per_cpu_ptr(cpu), a));
        seen += usize::from(hits != 0);
    }
    check!(seen == every_cpu.load(Relaxed));
    check!(STATS.iter().count() == possible_cpus().count());

    // A CPU that is not possible has no copy. Most boots have none with a number.
    for cpu in (0..kernel::cpu::nr_cpu_ids()).filter_map(kernel::cpu::CpuId::from_u32) {
        check!(PossibleCpu::new(cpu).is_some() == possible_cpus().any(|c| c == cpu));
    }
    Ok(())
}
