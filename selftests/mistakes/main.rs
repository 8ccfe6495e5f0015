// SPDX-License-Identifier: GPL-2.0

//! Mistakes that types do not catch, and kernels made for debugging do.
//!
//! Writing to a file under `/sys/kernel/debug/mistakes` makes the mistake of its name. tools/mistakes
//! knows what the kernel has to say then. Where the kernel does not look, the write is refused.

#[path = "../../demo/abi/debugfs.rs"]
#[allow(dead_code)]
mod debugfs;

use debugfs::Tree;
use kernel::{
    bindings,
    cpu::CpuId,
    prelude::*,
    task::Task,
    uaccess::UserSliceReader, //
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    get_cpu,
    migrate_disable,
    new_local_lock,
    new_percpu_rwsem,
    smp_call_function_single,
    CpuHotplug,
    Cpuhp,
    LocalLock,
    Pinned,
    PossibleCpu,
    Scalar, //
};

module! {
    type: Mistakes,
    name: "mistakes",
    authors: ["The rust_percpu authors"],
    description: "Test: mistakes that debug kernels catch",
    license: "GPL",
}

define_per_cpu! {
    static ANY: Scalar<u64> = Scalar::new(0);
    static LENT: LocalLock<u64> = new_local_lock!(0);
    static OTHER: LocalLock<u64> = new_local_lock!(0);
}

/// What may sleep is called while preemption is off.
fn sleeping_under_a_guard() -> Result {
    get_cpu(|_| cpus_read_lock(|_| ()));
    Ok(())
}

/// A guard ends on another CPU than it began on.
fn guard_on_another_cpu() -> Result {
    migrate_disable(|guard| {
        let elsewhere = another_than(guard.cpu())?;
        // SAFETY: This is the mistake: the guard relies on it that nobody undoes its work.
        unsafe { bindings::migrate_enable() };
        let moved = move_to(*elsewhere);
        // SAFETY: It is undone at the end.
        unsafe { bindings::migrate_disable() };
        moved
    })
}

/// A CPU to play with. No other test takes it away.
fn another_than(here: PossibleCpu) -> Result<PossibleCpu> {
    cpus_read_lock(|cpus| cpus.online_cpus().find(|&cpu| cpu != here)).ok_or(ENODEV)
}

/// Moves the current task to a CPU.
fn move_to(cpu: CpuId) -> Result {
    let mut mask = bindings::cpumask::default();
    let bits = c_ulong::BITS;
    mask.bits[(cpu.as_u32() / bits) as usize] |= 1 << (cpu.as_u32() % bits);
    // SAFETY: The current task, and a mask that is copied.
    kernel::error::to_result(unsafe { bindings::set_cpus_allowed_ptr(Task::current_raw(), &mask) })
}

/// Says that it keeps the task on its CPU, and does not.
struct Nothing;

// SAFETY: This is the mistake.
unsafe impl Pinned for Nothing {}

fn this_cpu_ptr_while_preemptible() -> Result {
    ANY.this_cpu_ptr(&Nothing);
    Ok(())
}

/// What may sleep is called while a lock is held.
fn sleeping_under_a_local_lock() -> Result {
    LENT.local_lock(|_| cpus_read_lock(|_| ()));
    Ok(())
}

/// Two locks are taken in one order, and in the other.
fn local_locks_in_both_orders() -> Result {
    LENT.local_lock(|_| OTHER.local_lock(|_| ()));
    OTHER.local_lock(|_| LENT.local_lock(|_| ()));
    Ok(())
}

/// A lock that tasks take with interrupts on is taken in an interrupt.
fn local_lock_in_an_interrupt() -> Result {
    LENT.local_lock(|_| ());
    migrate_disable(|guard| {
        let elsewhere = another_than(guard.cpu())?;
        smp_call_function_single(*elsewhere, |_| LENT.local_lock(|_| ()))
    })
}

/// Two semaphores are taken in one order, and in the other.
fn rwsems_in_both_orders() -> Result {
    let first = new_percpu_rwsem!(0, GFP_KERNEL)?;
    let second = new_percpu_rwsem!(0, GFP_KERNEL)?;
    first.read(|_| second.write(|_| ()));
    second.read(|_| first.write(|_| ()));
    Ok(())
}

struct Hears;

impl CpuHotplug for Hears {}

/// Callbacks are made where CPUs are kept from coming and going.
fn cpuhp_under_cpus_read_lock() -> Result {
    cpus_read_lock(|_| drop(Cpuhp::new(c"mistakes", Hears)));
    Ok(())
}

/// Any input will do, where the kernel can tell that something is wrong.
fn on_write(can_tell: bool, mistake: impl FnOnce() -> Result) -> Result {
    if !can_tell {
        return Err(ENODEV);
    }
    mistake()
}

struct Mistakes {
    _files: Pin<KBox<Tree<()>>>,
}

impl kernel::Module for Mistakes {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        const SLEEP: bool = cfg!(CONFIG_DEBUG_ATOMIC_SLEEP);
        const PREEMPT: bool = cfg!(CONFIG_DEBUG_PREEMPT);
        const LOCKS: bool = cfg!(CONFIG_PROVE_LOCKING);

        let files = Tree::new(c"mistakes", (), |dir| {
            dir.write_file(c"sleeping_under_a_guard", |(), _: &mut UserSliceReader| {
                on_write(SLEEP, sleeping_under_a_guard)
            });
            dir.write_file(c"guard_on_another_cpu", |(), _: &mut UserSliceReader| {
                on_write(PREEMPT, guard_on_another_cpu)
            });
            dir.write_file(
                c"this_cpu_ptr_while_preemptible",
                |(), _: &mut UserSliceReader| on_write(PREEMPT, this_cpu_ptr_while_preemptible),
            );
            dir.write_file(
                c"sleeping_under_a_local_lock",
                |(), _: &mut UserSliceReader| on_write(SLEEP, sleeping_under_a_local_lock),
            );
            dir.write_file(
                c"local_locks_in_both_orders",
                |(), _: &mut UserSliceReader| on_write(LOCKS, local_locks_in_both_orders),
            );
            dir.write_file(
                c"local_lock_in_an_interrupt",
                |(), _: &mut UserSliceReader| on_write(LOCKS, local_lock_in_an_interrupt),
            );
            dir.write_file(c"rwsems_in_both_orders", |(), _: &mut UserSliceReader| {
                on_write(LOCKS, rwsems_in_both_orders)
            });
            dir.write_file(
                c"cpuhp_under_cpus_read_lock",
                |(), _: &mut UserSliceReader| on_write(LOCKS, cpuhp_under_cpus_read_lock),
            );
        });
        let files = KBox::pin_init(files, GFP_KERNEL)?;
        Ok(Self { _files: files })
    }
}
