// SPDX-License-Identifier: GPL-2.0

//! `Cell` and `RefCell`, which only code with interrupts off on the same CPU gets at.

use crate::{
    c,
    check,
    Wrong, //
};
use core::cell::{
    Cell,
    RefCell, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};
use percpu::{
    define_per_cpu,
    irqs_off,
    on_each_cpu,
    PerCpuBox,
    Pinned, //
};

define_per_cpu! {
    static LAST: Cell<(u32, u64)> = Cell::new((u32::MAX, 0));
    static RECENT: RefCell<[u32; 4]> = RefCell::new([0; 4]);
}

pub(crate) fn test() -> Result<(), Wrong> {
    // Room first: PREEMPT_RT allocates nothing while interrupts are off.
    let calls: PerCpuBox<RefCell<KVec<u32>>> = PerCpuBox::pin_init(
        |_| -> Result<RefCell<KVec<u32>>> { Ok(RefCell::new(KVec::with_capacity(3, GFP_KERNEL)?)) },
        GFP_KERNEL,
    )?;
    let online = Atomic::new(0usize);
    let bad = Atomic::new(0usize);

    for round in 1..=3 {
        // The closure runs on all CPUs at once; each has its own.
        on_each_cpu(|irqs| {
            let cpu = irqs.cpu().as_u32();
            let mut calls = calls.this_cpu_local(irqs).borrow_mut();
            let pushed = calls.push_within_capacity(cpu).is_ok();
            let fits = calls.len() == round && calls.iter().all(|&c| c == cpu);

            let (last_cpu, last_round) = LAST.this_cpu_local(irqs).replace((cpu, round as u64));
            let follows = last_round == round as u64 - 1 && (round == 1 || last_cpu == cpu);

            RECENT.this_cpu_local(irqs).borrow_mut()[round] = cpu;
            if !(pushed && fits && follows && c::irqs_are_off()) {
                bad.fetch_add(1, Relaxed);
            }
            online.fetch_add(1, Relaxed);
        });
    }
    check!(online.load(Relaxed) >= 3);
    check!(bad.load(Relaxed) == 0);

    let (cpu, last, recent, borrowed_twice) = irqs_off(|irqs| {
        let recent = RECENT.this_cpu_local(irqs);
        let borrowed = recent.borrow_mut();
        let twice = recent.try_borrow().is_ok()
            || irqs_off(|inner| RECENT.this_cpu_local(inner).try_borrow_mut().is_ok());
        let cells = (LAST.this_cpu_local(irqs).get(), *borrowed);
        (irqs.cpu().as_u32(), cells.0, cells.1, twice)
    });
    check!(!borrowed_twice);
    check!(last == (cpu, 3));
    check!(recent == [0, cpu, cpu, cpu]);
    check!(!c::irqs_are_off());
    Ok(())
}
