// SPDX-License-Identifier: GPL-2.0

//! All that may be done in any context, done in each: task, softirq and hard interrupt.

use crate::{
    c::{
        self,
        Context, //
    },
    check,
    form::{
        RawCpu,
        ThisCpu,
        Under, //
    },
    this_cpu::{
        in_form,
        Unfenced, //
    },
    Wrong, //
};
use core::cell::Cell;
use kernel::prelude::*;
use percpu::{
    define_per_cpu,
    get_cpu,
    irqs_off,
    migrate_disable,
    possible_cpus,
    PerCpuBox,
    Pinned,
    Scalar, //
};

define_per_cpu! {
    static STATIC: Scalar<u32> = Scalar::new(0);
    static CELL: Cell<u32> = Cell::new(0);
}

pub(crate) fn test() -> Result<(), Wrong> {
    let boxed = PerCpuBox::<Scalar<i16>>::zeroed(GFP_KERNEL)?;
    everything(Context::Task, &boxed)?;
    for (hard, context) in [(false, Context::SoftIrq), (true, Context::HardIrq)] {
        let done = c::in_timer(hard, || everything(context, &boxed));
        check!(done.is_some());
        done.unwrap_or(Ok(()))?;
    }
    Ok(())
}

fn everything(context: Context, boxed: &PerCpuBox<Scalar<i16>>) -> Result<(), Wrong> {
    check!(c::context() == context);
    migrate_disable(|migrate| {
        get_cpu(|preempt| {
            check!(migrate.cpu() == preempt.cpu());

            in_form(&STATIC, &ThisCpu, &Unfenced)?;
            in_form(&STATIC, &RawCpu, &Unfenced)?;
            in_form(&STATIC, &Under(migrate), &Unfenced)?;
            in_form(boxed, &ThisCpu, &Unfenced)?;
            in_form(boxed, &Under(preempt), &Unfenced)?;

            check!(STATIC.this_cpu_add_return(7) == STATIC.this_cpu_read());
            check!(STATIC.per_cpu(preempt.cpu()) == STATIC.this_cpu_read());
            check!(STATIC.get_cpu_var(|var| var.read_once()) == STATIC.this_cpu_read());
            check!(STATIC.sum() == possible_cpus().map(|cpu| STATIC.per_cpu(cpu)).sum());
            Ok(())
        })
    })?;
    let was = irqs_off(|irqs| CELL.this_cpu_local(irqs).replace(3));
    check!(was == 0);
    irqs_off(|irqs| CELL.this_cpu_local(irqs).set(0));

    // Atomic context may allocate from what there is, and free; but on PREEMPT_RT not here.
    if context != Context::HardIrq {
        let atomic = PerCpuBox::<Scalar<u64>>::zeroed(GFP_ATOMIC)?;
        check!(atomic.sum() == 0);
    }
    Ok(())
}
