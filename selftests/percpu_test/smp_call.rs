// SPDX-License-Identifier: GPL-2.0

//! Functions on all CPUs; functions and work on one: there, once, and what is lent for it comes back.

use crate::{
    c::{
        self,
        Context,
        Offline, //
    },
    check,
    Wrong, //
};
use core::cell::Cell;
use kernel::{
    cpu::CpuId,
    impl_has_work, new_work,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        Arc, //
    },
    time::{
        delay::{
            fsleep,
            udelay, //
        },
        Delta, //
    },
    workqueue::{
        self,
        Work,
        WorkItem, //
    },
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    migrate_disable,
    on_each_cpu,
    possible_cpus,
    queue_work_on,
    smp_call_function_single,
    smp_call_on_cpu,
    CpusHeld,
    Decimal,
    PerCpuBox,
    Pinned,
    PossibleCpu,
    Scalar,
    SmpCall, //
};

define_per_cpu! {
    static CELL: Cell<u32> = Cell::new(0);
    static CALLS: Scalar<u32> = Scalar::new(0);
}

/// Once on each, and here when all others are done: they may be using this task's stack.
pub(crate) fn on_each() -> Result<(), Wrong> {
    migrate_disable(|guard| {
        let here = guard.cpu();
        let others = cpus_read_lock(|cpus| cpus.online_cpus().count()) - 1;
        for _ in 0..5 {
            let (done, last) = (Atomic::new(0usize), Atomic::new(usize::MAX));
            on_each_cpu(|irqs| {
                if irqs.cpu() == here {
                    last.store(done.load(Relaxed), Relaxed);
                } else {
                    udelay(Delta::from_micros(500));
                    done.fetch_add(1, Relaxed);
                }
            });
            check!(done.load(Relaxed) == others);
            check!(last.load(Relaxed) == others);
        }
        Ok(())
    })
}

#[pin_data]
struct Item {
    #[pin]
    work: Work<Self>,
    ran_on: Atomic<i32>,
}

impl Item {
    fn new() -> Result<Arc<Self>> {
        let item = pin_init!(Self {
            work <- new_work!(),
            ran_on: Atomic::new(-1),
        });
        Arc::pin_init(item, GFP_KERNEL)
    }
}

impl_has_work! {
    impl HasWork<Self> for Item { self.work }
}

impl WorkItem for Item {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.ran_on.store(CpuId::current().as_u32() as i32, Relaxed);
    }
}

pub(crate) fn test() -> Result<(), Wrong> {
    cpus_read_lock(while_held)?;
    cpus_read_lock(|cpus| {
        migrate_disable(|here| one_at_a_time(cpus.online_cpus().find(|&cpu| cpu != here.cpu())))
    })?;
    on_each_and_none_else()
}

fn while_held(hotplug: &CpusHeld) -> Result<(), Wrong> {
    for cpu in hotplug.online_cpus() {
        let number = cpu.as_u32();
        // With what is borrowed, and with what is given away.
        let mut seen = None;
        let given = KBox::new(number, GFP_KERNEL)?;
        let back = smp_call_function_single(cpu, |irqs| {
            CELL.this_cpu_local(irqs).set(number + 1);
            seen = Some((irqs.cpu().as_u32(), c::irqs_are_off()));
            given
        })?;
        check!(seen == Some((number, true)) && *back == number);
        let cell = smp_call_function_single(cpu, |irqs| CELL.this_cpu_local(irqs).get());
        check!(cell == Ok(number + 1));

        let mut context = None;
        let on = smp_call_on_cpu(cpu, || {
            context = Some((c::context(), c::irqs_are_off()));
            fsleep(Delta::from_micros(10));
            CpuId::current().as_u32()
        })?;
        check!(on == number && context == Some((Context::Task, false)));

        let item = Item::new()?;
        check!(queue_work_on(cpu, workqueue::system(), item.clone()).is_ok_and(|q| q.is_ok()));
        while item.ran_on.load(Relaxed) < 0 {
            fsleep(Delta::from_micros(100));
        }
        check!(item.ran_on.load(Relaxed) == number as i32);
    }
    // Without waiting: each call that was taken is made, once.
    let total = Arc::new(Atomic::new(0u64), GFP_KERNEL)?;
    let counted = total.clone();
    let call = SmpCall::new(
        move |_| {
            CALLS.this_cpu_inc();
            counted.fetch_add(1, Full);
        },
        GFP_KERNEL,
    )?;
    let [taken, busy] = [0u64; 2].map(Atomic::new);
    let mut rounds = 0;
    c::stress(
        |_| {
            for cpu in possible_cpus() {
                match call.call(cpu) {
                    Ok(()) => taken.fetch_add(1, Relaxed),
                    Err(_) => busy.fetch_add(1, Relaxed),
                };
            }
        },
        || {
            rounds += 1;
            fsleep(Delta::from_millis(1));
            rounds < 200
        },
    )?;
    drop(call);
    pr_info!(
        "# smp_call: {} called, {} busy\n",
        Decimal(taken.load(Relaxed)),
        Decimal(busy.load(Relaxed))
    );
    check!(total.load(Acquire) == taken.load(Relaxed));
    check!(u64::from(CALLS.sum()) == taken.load(Relaxed));
    check!(taken.load(Relaxed) > 0);
    Ok(())
}

/// There and nowhere else; nowhere, if that CPU is offline.
fn on_each_and_none_else() -> Result<(), Wrong> {
    let here = PerCpuBox::<Scalar<u32>>::zeroed(GFP_KERNEL)?;
    let here = Arc::new(here, GFP_KERNEL)?;
    let theirs = here.clone();
    let call = SmpCall::new(move |_| theirs.this_cpu_inc(), GFP_KERNEL)?;
    let done = |call: &SmpCall<_>| {
        while call.is_busy() {
            core::hint::spin_loop();
        }
    };
    let mut sum = 0;
    for cpu in possible_cpus() {
        if !cpus_read_lock(|cpus| cpus.is_online(cpu)) {
            continue;
        }
        call.call(cpu)?;
        done(&call);
        sum += 1;
        check!(here.per_cpu(cpu) == 1 && here.sum() == sum);
    }

    let last = cpus_read_lock(|cpus| cpus.online_cpus().last());
    let Some(cpu) = last.filter(|_| Offline::POSSIBLE && sum > 1) else {
        return Ok(());
    };
    let offline = Offline::new(cpu)?;
    check!(smp_call_function_single(cpu, |_| ()) == Err(ENXIO));
    check!(smp_call_on_cpu(cpu, || ()) == Err(ENXIO));
    check!(call.call(cpu) == Err(ENXIO) && !call.is_busy());
    let item = Item::new()?;
    check!(queue_work_on(cpu, workqueue::system(), item.clone()).is_err());
    drop(offline);
    call.call(cpu)?;
    done(&call);
    check!(here.per_cpu(cpu) == 2 && here.sum() == sum + 1 && item.ran_on.load(Relaxed) < 0);
    Ok(())
}

/// As long as the function runs there is no second call of it: dropping it waits for one.
fn one_at_a_time(other: Option<PossibleCpu>) -> Result<(), Wrong> {
    let Some(other) = other else {
        return Ok(());
    };
    // How far it is: called, running, told to end.
    let state = Arc::new(Atomic::new(0), GFP_KERNEL)?;
    let theirs = state.clone();
    let call = SmpCall::new(
        move |_| {
            theirs.store(1, Release);
            while theirs.load(Acquire) != 2 {
                core::hint::spin_loop();
            }
        },
        GFP_KERNEL,
    )?;
    call.call(other)?;
    while state.load(Acquire) != 1 {
        core::hint::spin_loop();
    }
    let second = call.call(other);
    state.store(2, Release);
    check!(second == Err(EBUSY));
    Ok(())
}
