// SPDX-License-Identifier: GPL-2.0

//! `U64Stats`: what is added together is read together, on other CPUs and in interrupts.

use crate::{
    c::{
        self,
        Caller, //
    },
    check,
    Wrong, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    get_cpu,
    possible_cpus,
    u64_stats,
    PerCpu,
    PerCpuBox,
    Pinned,
    Place,
    U64Stats, //
};

u64_stats! {
    /// As an interface counts.
    struct Traffic {
        packets: u64,
        bytes: u64,
        errors: u64,
    }
}

/// The size of a packet: its low half overflows again and again.
const BYTES: u64 = 0x9000_0001;

impl Traffic {
    fn fits(&self) -> bool {
        self.bytes == self.packets.wrapping_mul(BYTES)
    }
}

define_per_cpu! {
    static FEW: U64Stats<Traffic> = U64Stats::new();
    static MANY: U64Stats<Traffic> = U64Stats::new();
}

pub(crate) fn test() -> Result<(), Wrong> {
    // Each goes where it should.
    FEW.u64_stats_add(Traffic::packets(3));
    FEW.u64_stats_add((Traffic::bytes(u64::MAX), Traffic::errors(7)));
    FEW.u64_stats_add((-Traffic::packets(1), Traffic::bytes(2), -Traffic::errors(3)));
    check!(!c::preemption_is_off());
    let expected = Traffic {
        packets: 2,
        bytes: 1,
        errors: 4,
    };
    check!(FEW.u64_stats_sum() == expected);

    // And nowhere but to this CPU's copy.
    let boxed = PerCpuBox::<U64Stats<Traffic>>::zeroed(GFP_KERNEL)?;
    let cpu = get_cpu(|here| {
        boxed.u64_stats_add((Traffic::packets(1), Traffic::bytes(BYTES)));
        here.cpu()
    });
    for other in possible_cpus() {
        let expected = u64::from(other.as_u32() == cpu.as_u32());
        let traffic = boxed.u64_stats_read(other);
        check!(traffic.packets == expected && traffic.fits());
    }
    together(&MANY)?;
    together(&*PerCpuBox::new_with(|_| U64Stats::new(), GFP_KERNEL)?)
}

/// Tasks, timers and IPIs add on all CPUs; tasks and interrupts read all copies meanwhile.
fn together<P>(stats: &PerCpu<P>) -> Result<(), Wrong>
where
    P: Place<Target = U64Stats<Traffic>>,
{
    let [added, torn, looked, interrupts, busy] = [0u64; 5].map(Atomic::new);
    let several = cpus_read_lock(|cpus| cpus.online_cpus().count()) > 1;
    let add = || {
        stats.u64_stats_add((Traffic::packets(1), Traffic::bytes(BYTES)));
        added.fetch_add(1, Relaxed);
    };
    let look = |traffic: Option<Traffic>| {
        match traffic {
            Some(traffic) if traffic.fits() => looked.fetch_add(1, Relaxed),
            Some(_) => torn.fetch_add(1, Relaxed),
            None => busy.fetch_add(1, Relaxed),
        };
    };
    c::stress(
        |caller| {
            if caller == Caller::Task {
                for _ in 0..100 {
                    add();
                }
                for cpu in possible_cpus() {
                    look(Some(stats.u64_stats_read(cpu)));
                }
            } else {
                add();
                for cpu in possible_cpus() {
                    look(stats.u64_stats_try_read(cpu));
                }
                add();
                interrupts.fetch_add(1, Relaxed);
            }
        },
        || {
            let seen = interrupts.load(Relaxed);
            seen < 10_000 || (several && busy.load(Relaxed) == 0 && seen < 1_000_000)
        },
    )?;
    pr_info!(
        "# u64_stats: {} added, {} read, {} too busy\n",
        added.load(Relaxed) as usize,
        looked.load(Relaxed) as usize,
        busy.load(Relaxed) as usize
    );
    check!(torn.load(Relaxed) == 0);
    let sum = stats.u64_stats_sum();
    check!(sum.packets == added.load(Relaxed) && sum.fits());
    // Some did look in the middle of an addition.
    check!(!several || busy.load(Relaxed) > 0);
    Ok(())
}
