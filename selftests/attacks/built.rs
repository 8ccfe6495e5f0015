// SPDX-License-Identifier: GPL-2.0

//! What is built on per-CPU variables counts along.

use crate::cache::{
    Cache,
    Hotplug,
    Object,
    COUNTS, //
};
use core::hint::black_box;
use kernel::{
    alloc::flags::__GFP_NOWARN,
    bindings,
    fmt,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc, //
    },
    time::{
        delay::fsleep,
        Delta, //
    }, //
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    new_local_lock,
    new_percpu_rwsem,
    smp_call_on_cpu,
    u64_stats,
    CpuHotplug,
    Cpuhp,
    DeadCpu,
    Decimal,
    LocalLock,
    PercpuCounter,
    PercpuCounterBox,
    PercpuRef,
    PercpuRefInit,
    PercpuRefOps,
    PercpuRwSemaphore,
    Scalar,
    U64Stats, //
};
#[cfg(CONFIG_64BIT)]
use percpu::{
    PercpuArc,
    PercpuArcOwner, //
};

u64_stats! {
    struct Traffic {
        packets: u64,
        bytes: u64,
    }
}

/// Of a packet.
const BYTES: u64 = 0x9000_0001;

/// How many objects a CPU keeps, and how many a task takes at once now and then.
const ROOM: usize = 16;
const MANY: usize = 20;

/// How often one looks for what others are in the middle of, which is over in two instructions.
const LOOKS: usize = 1000;

define_per_cpu! {
    /// Tasks lock it with interrupts off: those never find it held.
    static LENT: LocalLock<Lent> = new_local_lock!(Lent::NEW);
    /// Tasks lock it with interrupts on: those find it held now and then.
    static SHARED: LocalLock<Lent> = new_local_lock!(Lent::NEW);
    static TRAFFIC: U64Stats<Traffic> = U64Stats::new();
    static INSIDE: Scalar<u64> = Scalar::new(0);
    static READERS: Scalar<u64> = Scalar::new(0);
}

/// What locks lend, each time to one alone.
struct Lent {
    count: u64,
    taken: bool,
}

/// How often somebody got what another had.
static LENT_TWICE: Atomic<u64> = Atomic::new(0);

impl Lent {
    const NEW: Self = Self {
        count: 0,
        taken: false,
    };

    fn increment(&mut self) {
        if core::mem::replace(&mut black_box(&mut *self).taken, true) {
            LENT_TWICE.fetch_add(1, Relaxed);
        }
        let count = self.count;
        // Time in which others may come.
        for _ in 0..8 {
            black_box(&mut *self);
        }
        self.count = count.wrapping_add(1);
        self.taken = false;
    }
}

/// Who counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    Task,
    HardInterrupt,
}

pub(crate) struct Built {
    counter: PercpuCounterBox,
    users: PercpuRef<Users>,
    kills: Atomic<u64>,
    /// Two numbers that are equal but amid a write.
    sem: PercpuRwSemaphore<[u64; 2]>,
    /// Counted pointers that were made, of which one is cloned in each storm, and that were dropped.
    begun: Atomic<u64>,
    ended: Arc<Atomic<u64>>,
    cache: Arc<Cache>,
    /// Increments that were refused, of the locks and of the reference.
    refused: [Atomic<u64>; 3],
    /// Readings in which bytes did not fit packets.
    torn: Atomic<u64>,
    /// Writers that found a reader, or readers a writer, and objects that two had at once.
    read_meanwhile: Atomic<u64>,
    doubled: Atomic<u64>,
    /// What dead CPUs had counted, by either lock.
    retired: Arc<[Atomic<u64>; 2]>,
    _hotplug: (Cpuhp<Retire>, Cpuhp<Hotplug>),
}

/// What is there as long as one storm.
pub(crate) struct Storm {
    #[cfg(CONFIG_64BIT)]
    shared: PercpuArcOwner<Shared>,
}

/// Is dropped when the last counted pointer is.
#[cfg(CONFIG_64BIT)]
struct Shared(Arc<Atomic<u64>>);

#[cfg(CONFIG_64BIT)]
impl Drop for Shared {
    fn drop(&mut self) {
        self.0.fetch_add(1, Full);
    }
}

/// Is told when nobody is inside any more.
struct Users {
    released: Atomic<u64>,
    early: Atomic<u64>,
}

impl PercpuRefOps for Users {
    fn release(&self) {
        if INSIDE.sum() != 0 {
            self.early.fetch_add(1, Relaxed);
        }
        self.released.fetch_add(1, Full);
    }
}

/// Takes over what a dead CPU counted.
struct Retire(Arc<[Atomic<u64>; 2]>);

impl CpuHotplug for Retire {
    fn dead(&self, dead: &DeadCpu) {
        let [lent, shared] = &*self.0;
        let take = |from: &mut Lent| core::mem::take(&mut from.count);
        LENT.dead_cpu_trylock(dead, |left| lent.fetch_add(take(left), Full));
        SHARED.dead_cpu_trylock(dead, |left| shared.fetch_add(take(left), Full));
    }
}

impl Built {
    pub(crate) fn new() -> Result<Self> {
        let cache = Arc::new(Cache::new(ROOM)?, GFP_KERNEL)?;
        let retired = Arc::new([Atomic::new(0), Atomic::new(0)], GFP_KERNEL)?;
        let users = Users {
            released: Atomic::new(0),
            early: Atomic::new(0),
        };
        Ok(Self {
            counter: PercpuCounter::new(0, GFP_KERNEL)?,
            users: PercpuRef::new(users, PercpuRefInit::Percpu, GFP_KERNEL)?,
            kills: Atomic::new(0),
            sem: new_percpu_rwsem!([0; 2], GFP_KERNEL)?,
            begun: Atomic::new(0),
            ended: Arc::new(Atomic::new(0), GFP_KERNEL)?,
            refused: [Atomic::new(0), Atomic::new(0), Atomic::new(0)],
            torn: Atomic::new(0),
            read_meanwhile: Atomic::new(0),
            doubled: Atomic::new(0),
            _hotplug: (
                Cpuhp::new(c"attacks:dead", Retire(retired.clone()))?,
                Cpuhp::new(c"attacks:cache", Hotplug(cache.clone()))?,
            ),
            cache,
            retired,
        })
    }

    pub(crate) fn storm(&self) -> Result<Storm> {
        let storm = Storm {
            #[cfg(CONFIG_64BIT)]
            shared: PercpuArc::new(Shared(self.ended.clone()), GFP_KERNEL)?,
        };
        if cfg!(CONFIG_64BIT) {
            self.begun.fetch_add(1, Full);
        }
        Ok(storm)
    }

    /// An object, which nobody else has.
    fn take(&self) -> Option<KBox<Object>> {
        let mut object = self.cache.take(GFP_ATOMIC | __GFP_NOWARN).ok()?;
        if core::mem::replace(&mut object.0[0], 1) != 0 {
            self.doubled.fetch_add(1, Relaxed);
        }
        Some(object)
    }

    fn put(&self, mut object: KBox<Object>) {
        object.0[0] = 0;
        self.cache.put(object);
    }

    /// Takes more objects than a CPU keeps.
    pub(crate) fn take_many(&self) {
        let objects: [_; MANY] = core::array::from_fn(|_| self.take());
        objects
            .into_iter()
            .flatten()
            .for_each(|object| self.put(object));
    }

    /// Once by each.
    pub(crate) fn count(&self, storm: &Storm, caller: Caller) {
        // On PREEMPT_RT hard interrupts have no allocator, and lockdep looks at other kernels as if they were that.
        let no_memory = cfg!(any(CONFIG_PREEMPT_RT, CONFIG_PROVE_RAW_LOCK_NESTING));
        let object = if no_memory && caller == Caller::HardInterrupt {
            None
        } else {
            self.take()
        };
        // Not for hard interrupts, as lockdep says on any kernel.
        if caller == Caller::Task {
            LENT.local_lock_irqsave(Lent::increment);
            SHARED.local_lock(Lent::increment);
        } else {
            if LENT.local_trylock_irqsave(Lent::increment).is_none() {
                self.refused[0].fetch_add(1, Relaxed);
            }
            if SHARED.local_trylock(Lent::increment).is_none() {
                self.refused[1].fetch_add(1, Relaxed);
            }
        }
        TRAFFIC.u64_stats_add((Traffic::packets(1), Traffic::bytes(BYTES)));
        self.counter.inc();
        match self.users.tryget_live() {
            Some(guard) => {
                INSIDE.this_cpu_inc();
                drop(guard.clone());
                INSIDE.this_cpu_dec();
                drop(guard);
            }
            None => {
                self.refused[2].fetch_add(1, Relaxed);
            }
        }
        let _ = storm;
        #[cfg(CONFIG_64BIT)]
        {
            let shared = storm.shared.get();
            drop(shared.clone());
        }
        if caller == Caller::Task {
            self.sem.read(|pair| {
                READERS.this_cpu_inc();
                let [first, second] = *black_box(pair);
                READERS.this_cpu_dec();
                if first != second {
                    self.read_meanwhile.fetch_add(1, Relaxed);
                }
            });
        }
        if let Some(object) = object {
            self.put(object);
        }
    }

    /// Lets nobody in until all are out.
    pub(crate) fn kill(&self) {
        self.sem.write(|pair| {
            pair[0] += 1;
            // Time in which readers would find one number changed and not the other.
            black_box(&mut *pair);
            if (0..LOOKS).any(|_| READERS.sum() != 0) {
                self.read_meanwhile.fetch_add(1, Relaxed);
            }
            pair[1] += 1;
        });
        if self.users.kill().is_err() {
            return;
        }
        while !self.users.is_zero() {
            fsleep(Delta::from_micros(100));
        }
        // Whoever brought it to zero tells of it inside of RCU.
        // SAFETY: A task that may sleep.
        unsafe { bindings::synchronize_rcu() };
        self.kills.fetch_add(1, Full);
        let _ = self.users.reinit();
    }

    /// What the locks lent has counted, and how many objects CPUs keep.
    fn lent_and_kept(&self) -> [u64; 3] {
        let on = |cpu| {
            let counts = smp_call_on_cpu(cpu, || {
                let kept = self.cache.0.local_trylock(|kept| kept.len() as u64);
                [
                    LENT.local_lock_irqsave(|lent| lent.count),
                    SHARED.local_lock(|lent| lent.count),
                    kept.unwrap_or(0),
                ]
            });
            counts.unwrap_or([0; 3])
        };
        let [lent, shared] = &*self.retired;
        cpus_read_lock(|cpus| {
            let retired = [lent.load(Relaxed), shared.load(Relaxed), 0];
            cpus.online_cpus().map(on).fold(retired, |all, on| {
                core::array::from_fn(|i| all[i].wrapping_add(on[i]))
            })
        })
    }

    pub(crate) fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for _ in 0..LOOKS {
            let traffic = TRAFFIC.u64_stats_sum();
            if traffic.bytes != traffic.packets.wrapping_mul(BYTES) {
                self.torn.fetch_add(1, Relaxed);
            }
        }
        let [refused, refused_shared, not_let_in] =
            [0, 1, 2].map(|which| self.refused[which].load(Relaxed));
        let [lent, shared, kept] = self.lent_and_kept();
        let objects = COUNTS.u64_stats_sum();
        for (name, number) in [
            ("lent_taken", refused),
            ("lent_sum", lent),
            ("shared_taken", refused_shared),
            ("shared_sum", shared),
            ("packets_taken", 0),
            ("packets_sum", TRAFFIC.u64_stats_sum().packets),
            ("counter_taken", 0),
            ("counter_sum", self.counter.sum() as u64),
            // On PREEMPT_RT hard interrupts always are.
            ("refused", if cfg!(CONFIG_PREEMPT_RT) { 0 } else { refused }),
            ("lent_twice", LENT_TWICE.load(Relaxed)),
            ("torn", self.torn.load(Relaxed)),
            ("kills", self.kills.load(Relaxed)),
            ("released", self.users.released.load(Relaxed)),
            ("released_early", self.users.early.load(Relaxed)),
            ("not_let_in", not_let_in),
            ("pointers_made", self.begun.load(Relaxed)),
            ("pointers_dropped", self.ended.load(Relaxed)),
            ("read_while_written", self.read_meanwhile.load(Relaxed)),
            ("objects_taken", objects.taken),
            ("objects_new", objects.new),
            ("objects_freed", objects.freed),
            ("objects_kept", kept),
            ("objects_of_two", self.doubled.load(Relaxed)),
        ] {
            writeln!(f, "{name} {}", Decimal(number))?;
        }
        Ok(())
    }
}
