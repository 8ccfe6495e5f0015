// SPDX-License-Identifier: GPL-2.0

//! What a network interface counts: packets and bytes, on the CPU where they come in.
//!
//! A timer's interrupts and a task receive packets of 1000 bytes at once. Whoever reads finds all of
//! a packet or nothing of it, and holds up nobody.

use kernel::{
    impl_has_hr_timer,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        ArcBorrow, //
    },
    time::{
        hrtimer::{
            ArcHrTimerHandle,
            HrTimer,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerPointer,
            HrTimerRestart,
            RelativeMode, //
        },
        Delta,
        Monotonic, //
    },
};
use percpu::{
    u64_stats,
    PerCpuBox,
    U64Stats, //
};

module! {
    type: Module,
    name: "net_stats",
    authors: ["The rust_percpu authors"],
    description: "Statistics as of a network interface",
    license: "GPL",
    params: {
        ticks: u64 {
            default: 100,
            description: "How many packets the timer receives (default 100)",
        },
    },
}

u64_stats! {
    /// What came in.
    struct Traffic {
        packets: u64,
        bytes: u64,
    }
}

/// The size of all packets.
const BYTES: u64 = 1000;

#[pin_data]
struct Interface {
    #[pin]
    timer: HrTimer<Self>,
    received: PerCpuBox<U64Stats<Traffic>>,
    left: Atomic<u64>,
}

impl Interface {
    /// Counts a packet, in any context.
    fn receive(&self) {
        self.received
            .u64_stats_add((Traffic::packets(1), Traffic::bytes(BYTES)));
    }
}

impl HrTimerCallback for Interface {
    type Pointer<'a> = Arc<Self>;

    fn run(
        this: ArcBorrow<'_, Self>,
        mut timer: HrTimerCallbackContext<'_, Self>,
    ) -> HrTimerRestart {
        this.receive();
        if this.left.fetch_add(u64::MAX, Relaxed) <= 1 {
            return HrTimerRestart::NoRestart;
        }
        timer.forward_now(Delta::from_micros(100));
        HrTimerRestart::Restart
    }
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Interface {
        mode: RelativeMode<Monotonic>, field: self.timer
    }
}

struct Module {
    // Dropped first: stops the timer.
    _timer: ArcHrTimerHandle<Interface>,
    interface: Arc<Interface>,
    torn: u64,
}

impl kernel::Module for Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let ticks = percpu::versions::parameter::<u64>(module_parameters::ticks.value()).max(1);
        let interface = Arc::pin_init(
            try_pin_init!(Interface {
                timer <- HrTimer::new(),
                received: PerCpuBox::zeroed(GFP_KERNEL)?,
                left: Atomic::new(ticks),
            }),
            GFP_KERNEL,
        )?;
        let timer = interface.clone().start(Delta::from_micros(100));
        let (mut mine, mut torn) = (0, 0);
        loop {
            interface.receive();
            mine += 1;
            let sum = interface.received.u64_stats_sum();
            torn += u64::from(sum.bytes != sum.packets * BYTES);
            if sum.packets == mine + ticks {
                break;
            }
        }
        Ok(Self {
            _timer: timer,
            interface,
            torn,
        })
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        let sum = self.interface.received.u64_stats_sum();
        let (fits, torn) = (sum.bytes == sum.packets * BYTES, self.torn as usize);
        pr_info!("bytes fit packets: {fits}, {torn} times not\n");
    }
}
