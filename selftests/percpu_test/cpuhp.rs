// SPDX-License-Identifier: GPL-2.0

//! `Cpuhp`: no CPU comes, goes or dies unheard, and a dead one's copies are open.

use crate::{
    c::{
        self,
        Offline,
        Step, //
    },
    check,
    Wrong, //
};
use core::cell::Cell;
use kernel::{
    cpu::CpuId,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    new_local_lock,
    on_each_cpu,
    possible_cpus,
    smp_call_function_single,
    CpuHotplug,
    Cpuhp,
    DeadCpu,
    LocalLock,
    PerCpuBox,
    PossibleCpu,
    Scalar, //
};

define_per_cpu! {
    static CELL: Cell<u64> = Cell::new(0);
    static LOCK: LocalLock<u64> = new_local_lock!(0);
}

/// How often each CPU came, went and died, and what it left behind.
struct Seen {
    came: PerCpuBox<Scalar<u32>>,
    went: PerCpuBox<Scalar<u32>>,
    dead: PerCpuBox<Cell<u32>>,
    deaths: Atomic<u32>,
    left: Atomic<u64>,
    /// Called somewhere else than where it should be.
    astray: Atomic<u32>,
}

impl Seen {
    fn new() -> Result<Arc<Self>> {
        let seen = Self {
            came: PerCpuBox::zeroed(GFP_KERNEL)?,
            went: PerCpuBox::zeroed(GFP_KERNEL)?,
            dead: PerCpuBox::new_with(|_| Cell::new(0), GFP_KERNEL)?,
            deaths: Atomic::new(0),
            left: Atomic::new(0),
            astray: Atomic::new(0),
        };
        Ok(Arc::new(seen, GFP_KERNEL)?)
    }

    fn there(&self, cpu: PossibleCpu) {
        if CpuId::current().as_u32() != cpu.as_u32() || c::context() != c::Context::Task {
            self.astray.fetch_add(1, Relaxed);
        }
    }

    /// Whether all CPUs that are online came so often, and went so often.
    fn is(&self, came: u32, went: u32) -> bool {
        let all = possible_cpus().all(|cpu| {
            let times = u32::from(cpus_read_lock(|cpus| cpus.is_online(cpu)));
            self.came.per_cpu(cpu) == came * times && self.went.per_cpu(cpu) == went * times
        });
        all && self.astray.load(Relaxed) == 0
    }
}

struct Callbacks {
    seen: Arc<Seen>,
    /// Whether this CPU is not to come.
    refused: Arc<Atomic<u32>>,
}

const NOBODY: u32 = u32::MAX;

impl CpuHotplug for Callbacks {
    fn coming(&self, cpu: PossibleCpu) -> Result {
        self.seen.there(cpu);
        if self.refused.load(Relaxed) == cpu.as_u32() {
            return Err(EAGAIN);
        }
        self.seen.came.this_cpu_inc();
        Ok(())
    }

    fn going(&self, cpu: PossibleCpu) {
        self.seen.there(cpu);
        self.seen.went.this_cpu_inc();
    }

    fn dead(&self, dead: &DeadCpu) {
        let died = self.seen.dead.dead_cpu_ptr(dead);
        died.set(died.get() + 1);
        self.seen.deaths.fetch_add(1, Relaxed);
        let mut left = CELL.dead_cpu_ptr(dead).take();
        LOCK.dead_cpu_trylock(dead, |value| {
            left += core::mem::take(value);
            if LOCK.dead_cpu_trylock(dead, |_| ()).is_some() {
                self.seen.astray.fetch_add(1, Relaxed);
            }
        });
        self.seen.left.fetch_add(left, Relaxed);
        if CpuId::current().as_u32() == dead.cpu().as_u32() {
            self.seen.astray.fetch_add(1, Relaxed);
        }
    }
}

pub(crate) fn test() -> Result<(), Wrong> {
    let refused = Arc::new(Atomic::new(NOBODY), GFP_KERNEL)?;
    let callbacks = |seen: &Arc<Seen>| Callbacks {
        seen: seen.clone(),
        refused: refused.clone(),
    };

    // Each CPU that is there comes when it is made, and goes when it is dropped.
    let (seen, more) = (Seen::new()?, Seen::new()?);
    let hotplug = Cpuhp::new(c"percpu_test:online", callbacks(&seen))?;
    check!(seen.is(1, 0));
    let another = hotplug.another(callbacks(&more))?;
    check!(more.is(1, 0));
    drop(hotplug);
    check!(seen.is(1, 1) && more.is(1, 0));
    drop(another);
    check!(more.is(1, 1));
    check!(seen.deaths.load(Relaxed) == 0);

    let last = cpus_read_lock(|cpus| cpus.online_cpus().last());
    let count = cpus_read_lock(|cpus| cpus.online_cpus().count());
    let Some(cpu) = last.filter(|_| Offline::POSSIBLE && count > 1) else {
        return Err(Wrong::skip("no CPU can go offline"));
    };

    // Half-way, one fails: those that came go, and nothing stays.
    let seen = Seen::new()?;
    refused.store(cpu.as_u32(), Relaxed);
    check!(Cpuhp::new(c"percpu_test:online", callbacks(&seen)).err() == Some(EAGAIN));
    check!(seen.came.sum() == count as u32 - 1 && seen.went.sum() == count as u32 - 1);
    refused.store(NOBODY, Relaxed);

    let seen = Seen::new()?;
    let hotplug = Cpuhp::new(c"percpu_test:online", callbacks(&seen))?;
    on_each_cpu(|irqs| CELL.this_cpu_local(irqs).set(40));
    let filled = possible_cpus()
        .filter(|&cpu| cpus_read_lock(|cpus| cpus.is_online(cpu)))
        .filter(|&cpu| {
            // Hard interrupts lock nothing on PREEMPT_RT.
            percpu::smp_call_on_cpu(cpu, || LOCK.local_lock(|value| *value = 2)).is_ok()
        })
        .count();
    check!(filled == count);
    let offline = Offline::new(cpu)?;
    check!(seen.went.per_cpu(cpu) == 1 && seen.went.sum() == 1);
    check!(seen.deaths.load(Relaxed) == 1);
    check!(seen.left.load(Relaxed) == 42);
    drop(offline);
    check!(seen.came.per_cpu(cpu) == 2);
    check!(smp_call_function_single(cpu, |irqs| CELL.this_cpu_local(irqs).get()) == Ok(0));
    check!(smp_call_function_single(cpu, |irqs| seen.dead.this_cpu_local(irqs).get()) == Ok(1));
    check!(percpu::smp_call_on_cpu(cpu, || LOCK.local_lock(|value| *value)) == Ok(0));

    // One that is refused does not come.
    let offline = Offline::new(cpu)?;
    refused.store(cpu.as_u32(), Relaxed);
    check!(c::percpu_test_online(cpu.as_u32()) != 0);
    check!(!cpus_read_lock(|cpus| cpus.is_online(cpu)));
    // Dead when it went, and when it did not come.
    check!(seen.deaths.load(Relaxed) == 3);
    check!(seen.came.per_cpu(cpu) == 2 && seen.went.per_cpu(cpu) == 2);
    refused.store(NOBODY, Relaxed);
    drop(offline);
    check!(seen.came.per_cpu(cpu) == 3);

    // One that is on its way, and something fails: back where it was.
    c::fail_next(cpu, Step::Below)?;
    check!(Offline::new(cpu).is_err() && cpus_read_lock(|cpus| cpus.is_online(cpu)));
    check!(seen.came.per_cpu(cpu) == 4 && seen.went.per_cpu(cpu) == 3);
    let offline = Offline::new(cpu)?;
    check!(seen.deaths.load(Relaxed) == 4);
    c::fail_next(cpu, Step::Above)?;
    check!(c::percpu_test_online(cpu.as_u32()) != 0);
    check!(seen.came.per_cpu(cpu) == 5 && seen.went.per_cpu(cpu) == 5);
    check!(!cpus_read_lock(|cpus| cpus.is_online(cpu)) && seen.deaths.load(Relaxed) == 5);
    drop(offline);
    check!(seen.came.per_cpu(cpu) == 6);

    // Several callbacks, of which one refuses: who came goes, and nobody else.
    let (first, second) = (Seen::new()?, Seen::new()?);
    let others = [
        hotplug.another(callbacks(&first))?,
        hotplug.another(Callbacks {
            seen: second.clone(),
            refused: Arc::new(Atomic::new(NOBODY), GFP_KERNEL)?,
        })?,
    ];
    let offline = Offline::new(cpu)?;
    refused.store(cpu.as_u32(), Relaxed);
    check!(c::percpu_test_online(cpu.as_u32()) != 0);
    check!([&seen, &first]
        .iter()
        .all(|seen| seen.came.per_cpu(cpu) == seen.went.per_cpu(cpu)));
    check!(second.came.per_cpu(cpu) == 2 && second.went.per_cpu(cpu) == 2);
    refused.store(NOBODY, Relaxed);
    drop(offline);
    check!(second.came.per_cpu(cpu) == 3 && first.came.per_cpu(cpu) == 2);
    drop(others);
    check!(first.came.sum() == first.went.sum() && second.came.sum() == second.went.sum());
    drop(hotplug);
    check!(seen.came.sum() == seen.went.sum());
    check!(seen.astray.load(Relaxed) == 0);

    // Nobody hears of it any more.
    let deaths = seen.deaths.load(Relaxed);
    drop(Offline::new(cpu)?);
    check!(seen.came.sum() == seen.went.sum() && seen.deaths.load(Relaxed) == deaths);
    Ok(())
}
