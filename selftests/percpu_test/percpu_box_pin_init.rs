// SPDX-License-Identifier: GPL-2.0

//! What must not move is made in its place on every CPU, and stays there.

use crate::{
    check,
    Wrong, //
};
use core::{
    marker::PhantomPinned,
    ptr, //
};
use kernel::{
    impl_has_work, new_mutex, new_spinlock, new_work,
    prelude::*,
    sync::{
        Arc,
        Completion,
        Mutex,
        SpinLock, //
    },
    workqueue::{
        self,
        Work,
        WorkItem, //
    },
};
use percpu::{
    migrate_disable,
    possible_cpus,
    PerCpuBox, //
    Pinned,
};

/// As a list head: it points at itself.
#[pin_data]
struct Node {
    next: usize,
    #[pin]
    count: SpinLock<u32>,
    #[pin]
    names: Mutex<KVec<u32>>,
    #[pin]
    _pin: PhantomPinned,
}

impl Node {
    fn new(count: u32) -> impl PinInit<Self, Error> {
        try_pin_init!(&this in Self {
            next: this.as_ptr().addr(),
            count <- new_spinlock!(count),
            names <- new_mutex!(KVec::new()),
            _pin: PhantomPinned,
        })
    }
}

/// A work item of a CPU.
#[pin_data]
struct Job {
    #[pin]
    work: Work<Self>,
    #[pin]
    done: Completion,
}

impl_has_work! {
    impl HasWork<Self> for Job { self.work }
}

impl WorkItem for Job {
    type Pointer = Arc<Self>;

    fn run(job: Arc<Self>) {
        job.done.complete_all();
    }
}

impl Job {
    fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            work <- new_work!(),
            done <- Completion::new(),
        })
    }
}

/// The kernel takes work items by `Arc`; that is what a CPU's copy has to be, to have it run.
fn jobs() -> Result<(), Wrong> {
    let in_place = PerCpuBox::<Job>::pin_init(|_| Job::new(), GFP_KERNEL)?;
    check!(in_place.iter().count() == possible_cpus().count());

    let jobs = PerCpuBox::<Arc<Job>>::pin_init(
        |_| -> Result<Arc<Job>> { Arc::pin_init(Job::new(), GFP_KERNEL) },
        GFP_KERNEL,
    )?;
    for (_, job) in jobs.iter() {
        check!(workqueue::system().enqueue(job.clone()).is_ok());
    }
    for (_, job) in jobs.iter() {
        job.done.wait_for_completion();
    }
    Ok(())
}

pub(crate) fn test() -> Result<(), Wrong> {
    jobs()?;

    let nodes = PerCpuBox::pin_init(|cpu| Node::new(cpu.as_u32()), GFP_KERNEL)?;
    for (cpu, node) in nodes.iter() {
        check!(node.next == ptr::from_ref(node).addr());
        check!(*node.count.lock() == cpu.as_u32());
        check!(node.names.lock().is_empty());
    }

    // Here, by a lock that spins and by one that sleeps, which is allowed with migration off.
    let here = migrate_disable(|stay| -> Result<_> {
        let node = nodes.this_cpu_ptr(stay);
        *node.count.lock() += 1000;
        node.names.lock().push(7, GFP_KERNEL)?;
        Ok(stay.cpu())
    })?;
    // From elsewhere.
    for cpu in possible_cpus() {
        let node = nodes.per_cpu_ptr(cpu);
        let added = if cpu == here { 1000 } else { 0 };
        check!(*node.count.lock() == cpu.as_u32() + added);
        check!(node.names.lock().is_empty() == (cpu != here));
    }
    Ok(())
}
