// SPDX-License-Identifier: GPL-2.0

//! A queue for each CPU: interrupts put items in, tasks take them out, and nobody takes a lock.
//!
//! A timer puts items into the queue of the CPU that it fires on. The queue is a plain vector in a
//! `RefCell`: with interrupts off nothing else on the CPU can be at it, and other CPUs have no way
//! to it. What happened is counted in a per-CPU structure that anybody may sum up.

use core::cell::RefCell;
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
        delay::fsleep,
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
    define_per_cpu,
    field,
    irqs_off,
    on_each_cpu,
    Decimal,
    PerCpuBox,
    Scalar, //
};

module! {
    type: Module,
    name: "percpu_queue",
    authors: ["The rust_percpu authors"],
    description: "A queue for each CPU, filled by interrupts",
    license: "GPL",
    params: {
        ticks: u64 {
            default: 100,
            description: "How many items the timer puts in (default 100)",
        },
    },
}

/// What happened on a CPU.
struct Stats {
    queued: Scalar<u64>,
    dropped: Scalar<u64>,
    done: Scalar<u64>,
}

define_per_cpu! {
    static STATS: Stats = Stats {
        queued: Scalar::new(0),
        dropped: Scalar::new(0),
        done: Scalar::new(0),
    };
}

/// A piece of work.
struct Item(u64);

/// The queues of all CPUs.
struct Queue(PerCpuBox<RefCell<KVec<Item>>>);

impl Queue {
    /// Makes queues with room for so many items each.
    fn new(room: usize) -> Result<Self> {
        let queues = PerCpuBox::pin_init(
            |_cpu| -> Result<RefCell<KVec<Item>>> {
                Ok(RefCell::new(KVec::with_capacity(room, GFP_KERNEL)?))
            },
            GFP_KERNEL,
        );
        queues.map(Self)
    }

    /// Puts an item into this CPU's queue, in any context but an NMI. Drops it if there is no room.
    fn put(&self, item: Item) {
        let kept = irqs_off(|irqs| {
            let mut queue = self.0.this_cpu_local(irqs).borrow_mut();
            queue.push_within_capacity(item).is_ok()
        });
        if kept {
            field!(STATS, Stats, queued).this_cpu_inc();
        } else {
            field!(STATS, Stats, dropped).this_cpu_inc();
        }
    }

    /// Works off the queue of every online CPU, there.
    fn work(&self) {
        on_each_cpu(|irqs| {
            while let Some(Item(_number)) = self.0.this_cpu_local(irqs).borrow_mut().pop() {
                field!(STATS, Stats, done).this_cpu_inc();
            }
        });
    }

    /// How many items wait on all online CPUs.
    fn len(&self) -> usize {
        let len = Atomic::<u64>::new(0);
        on_each_cpu(|irqs| {
            let queue = self.0.this_cpu_local(irqs).borrow();
            len.fetch_add(queue.len() as u64, Relaxed);
        });
        len.load(Relaxed) as usize
    }
}

/// Puts an item into the queue at every tick.
#[pin_data]
struct Ticker {
    #[pin]
    timer: HrTimer<Self>,
    queue: Queue,
    left: Atomic<u64>,
}

impl HrTimerCallback for Ticker {
    type Pointer<'a> = Arc<Self>;

    fn run(
        this: ArcBorrow<'_, Self>,
        mut timer: HrTimerCallbackContext<'_, Self>,
    ) -> HrTimerRestart {
        let left = this.left.fetch_add(u64::MAX, Relaxed);
        this.queue.put(Item(left));
        if left <= 1 {
            return HrTimerRestart::NoRestart;
        }
        timer.forward_now(Delta::from_micros(200));
        HrTimerRestart::Restart
    }
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Ticker {
        mode: RelativeMode<Monotonic>, field: self.timer
    }
}

struct Module {
    // Dropped first: stops the timer.
    _timer: ArcHrTimerHandle<Ticker>,
    ticker: Arc<Ticker>,
}

impl kernel::Module for Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let queue = Queue::new(64)?;
        let ticks = percpu::versions::parameter::<u64>(module_parameters::ticks.value()).max(1);
        let ticker = Arc::pin_init(
            try_pin_init!(Ticker {
                timer <- HrTimer::new(),
                queue: queue,
                left: Atomic::new(ticks),
            }),
            GFP_KERNEL,
        )?;
        let timer = ticker.clone().start(Delta::from_micros(200));
        // Interrupts put in, this task takes out.
        while field!(STATS, Stats, queued).sum() + field!(STATS, Stats, dropped).sum() < ticks {
            fsleep(Delta::from_millis(1));
            ticker.queue.work();
        }
        Ok(Self {
            _timer: timer,
            ticker,
        })
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        self.ticker.queue.work();
        let [queued, dropped, done] = [
            field!(STATS, Stats, queued).sum(),
            field!(STATS, Stats, dropped).sum(),
            field!(STATS, Stats, done).sum(),
        ]
        .map(Decimal);
        let waiting = self.ticker.queue.len();
        pr_info!("{queued} queued, {dropped} dropped, {done} done, {waiting} waiting\n");
    }
}
