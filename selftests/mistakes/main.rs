// SPDX-License-Identifier: GPL-2.0

//! Mistakes that types do not catch, and kernels made for debugging do.
//!
//! Writing to a file under `/sys/kernel/debug/mistakes` makes the mistake of its name. `run`
//! knows what the kernel has to say then. Where the kernel does not look, the write is refused.

#[path = "../../demo/abi/debugfs.rs"]
#[allow(dead_code)]
mod debugfs;

use debugfs::Tree;
use kernel::{
    bindings,
    cpu::CpuId,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    task::Task,
    uaccess::UserSliceReader,
    warn_on, //
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    get_cpu,
    irqs_off,
    migrate_disable,
    new_local_lock,
    new_percpu_rwsem,
    smp_call_function_single,
    CpuHotplug,
    Cpuhp,
    LocalLock,
    PercpuRef,
    PercpuRefInit,
    PercpuRefOps,
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

struct Ignores;

impl PercpuRefOps for Ignores {
    fn release(&self) {}
}

/// It is revived while the kernel still switches it after a kill, for which the caller waits.
fn percpu_ref_changed_with_irqs_off() -> Result {
    let users = PercpuRef::new(Ignores, PercpuRefInit::Percpu, GFP_KERNEL)?;
    irqs_off(|_| {
        users.kill()?;
        users.resurrect()
    })
}

/// Dropping one may sleep.
fn rwsem_dropped_with_irqs_off() -> Result {
    let sem = new_percpu_rwsem!(0, GFP_KERNEL)?;
    irqs_off(|_| drop(sem));
    Ok(())
}

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

/// Counts how often a CPU came, less how often it went, unless it is not to come.
struct Counts {
    there: Atomic<i32>,
    refuses: Atomic<i32>,
}

impl CpuHotplug for Counts {
    fn coming(&self, _cpu: PossibleCpu) -> Result {
        if self.refuses.load(Relaxed) != 0 {
            return Err(EAGAIN);
        }
        self.there.fetch_add(1, Relaxed);
        Ok(())
    }

    fn going(&self, _cpu: PossibleCpu) {
        self.there.fetch_add(-1, Relaxed);
    }
}

/// A CPU is to go, something after `going` fails, and `coming` then, too. It goes without a second
/// `going`.
fn coming_fails_on_the_way_back() -> Result {
    static FAILS: Atomic<i32> = Atomic::new(1);

    extern "C" fn fails(_cpu: c_uint) -> c_int {
        if FAILS.load(Relaxed) != 0 {
            EAGAIN.to_errno()
        } else {
            0
        }
    }

    let cpus = cpus_read_lock(|cpus| cpus.online_cpus().count()) as i32;
    let cpu = cpus_read_lock(|cpus| cpus.online_cpus().last()).ok_or(ENODEV)?;
    let cpu = cpu.as_u32();
    // Before ours when a CPU comes, after it when one goes.
    // SAFETY: The callback may be called for any CPU, until the state is removed below.
    let state = unsafe {
        bindings::__cpuhp_setup_state(
            bindings::cpuhp_state_CPUHP_AP_ONLINE_DYN,
            c"mistakes:fails".as_char_ptr(),
            false,
            None,
            Some(fails),
            false,
        )
    };
    if state < 0 {
        return Err(Error::from_errno(state));
    }
    let hotplug = Cpuhp::new(
        c"mistakes:online",
        Counts {
            there: Atomic::new(0),
            refuses: Atomic::new(0),
        },
    )?;
    let there = |expected| warn_on!(hotplug.there.load(Relaxed) != expected);
    hotplug.refuses.store(1, Relaxed);
    // SAFETY: A task that may sleep, and so below.
    warn_on!(unsafe { bindings::remove_cpu(cpu) } == 0);
    there(cpus - 1);
    FAILS.store(0, Relaxed);
    // SAFETY: As above.
    warn_on!(unsafe { bindings::remove_cpu(cpu) } != 0);
    there(cpus - 1);
    hotplug.refuses.store(0, Relaxed);
    // SAFETY: As above.
    warn_on!(unsafe { bindings::add_cpu(cpu) } != 0);
    there(cpus);
    drop(hotplug);
    // SAFETY: Set up above.
    unsafe { bindings::__cpuhp_remove_state(state as bindings::cpuhp_state, false) };
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
        const HOTPLUG: bool = cfg!(CONFIG_HOTPLUG_CPU);
        const LOCKS: bool = cfg!(CONFIG_PROVE_LOCKING);

        let files = Tree::new(c"mistakes", (), |dir| {
            dir.write_file(c"sleeping_under_a_guard", |(), _: &mut UserSliceReader| {
                on_write(SLEEP, sleeping_under_a_guard)
            });
            dir.write_file(
                c"percpu_ref_changed_with_irqs_off",
                |(), _: &mut UserSliceReader| on_write(SLEEP, percpu_ref_changed_with_irqs_off),
            );
            dir.write_file(
                c"rwsem_dropped_with_irqs_off",
                |(), _: &mut UserSliceReader| on_write(SLEEP, rwsem_dropped_with_irqs_off),
            );
            dir.write_file(c"guard_on_another_cpu", |(), _: &mut UserSliceReader| {
                on_write(PREEMPT, guard_on_another_cpu)
            });
            dir.write_file(
                c"this_cpu_ptr_while_preemptible",
                |(), _: &mut UserSliceReader| on_write(PREEMPT, this_cpu_ptr_while_preemptible),
            );
            dir.write_file(
                c"coming_fails_on_the_way_back",
                |(), _: &mut UserSliceReader| on_write(HOTPLUG, coming_fails_on_the_way_back),
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
