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
    Pinned,
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
}

/// What may sleep is called while preemption is off.
fn sleeping_under_a_guard() -> Result {
    get_cpu(|_| drop(cpus_read_lock()));
    Ok(())
}

/// A guard ends on another CPU than it began on.
fn guard_on_another_cpu() -> Result {
    migrate_disable(|guard| {
        let here = guard.cpu();
        let elsewhere = cpus_read_lock().online_cpus().find(|&cpu| cpu != here);
        let elsewhere = elsewhere.ok_or(ENODEV)?;
        // SAFETY: This is the mistake: the guard relies on it that nobody undoes its work.
        unsafe { bindings::migrate_enable() };
        let moved = move_to(*elsewhere);
        // SAFETY: It is undone at the end.
        unsafe { bindings::migrate_disable() };
        moved
    })
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
        });
        let files = KBox::pin_init(files, GFP_KERNEL)?;
        Ok(Self { _files: files })
    }
}
