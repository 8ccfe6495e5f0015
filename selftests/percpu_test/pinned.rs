// SPDX-License-Identifier: GPL-2.0

//! Guards keep the task where it is, nested in any order, until the outermost ends.

use crate::{
    c,
    check,
    Wrong, //
};
use kernel::prelude::*;
use percpu::{
    define_per_cpu,
    get_cpu,
    irqs_off,
    migrate_disable,
    new_percpu_rwsem,
    PercpuRwSemaphore,
    Pinned,
    Scalar, //
};

define_per_cpu! {
    static ANY: Scalar<u8> = Scalar::new(0);
}

pub(crate) fn test() -> Result<(), Wrong> {
    check!(!c::preemption_is_off());
    check!(get_cpu(|a| get_cpu(
        |b| off(true, false) && a.cpu() == b.cpu()
    ) && off(true, false)));
    check!(!c::preemption_is_off());
    check!(migrate_disable(|a| migrate_disable(
        |b| off(false, true) && a.cpu() == b.cpu()
    ) && off(false, true)));
    check!(!c::migration_is_off());
    check!(get_cpu(|a| migrate_disable(
        |b| off(true, true) && a.cpu() == b.cpu()
    ) && off(true, false)));
    check!(migrate_disable(|a| get_cpu(
        |b| off(true, true) && a.cpu() == b.cpu()
    ) && off(false, true)));
    check!(ANY.get_cpu_var(|_| off(true, false) && irqs_off(|_| off(true, false))));
    check!(!c::preemption_is_off() && !c::migration_is_off());

    // Interrupts come back on with the outermost closure alone.
    let inside = irqs_off(|outer| {
        let inner = irqs_off(|inner| inner.cpu());
        c::irqs_are_off() && outer.cpu() == inner
    });
    check!(inside && !c::irqs_are_off());

    #[cfg(percpu_kernel_interrupt)]
    check!(tokens() && !c::irqs_are_off());
    levels_take_stack()
}

/// `$f(|_| $f(|_| ...))`, a level for each mark.
macro_rules! nested {
    ([] $f:expr, $inner:expr) => {
        $inner
    };
    ([$mark:tt $($more:tt)*] $f:expr, $inner:expr) => {
        $f(|_| nested!([$($more)*] $f, $inner))
    };
}

/// Where the stack is.
#[inline(never)]
fn stack() -> usize {
    let here = 0u8;
    core::hint::black_box(&raw const here) as usize
}

#[inline(never)]
fn one_migrate_disable() -> usize {
    nested!([.] migrate_disable, stack())
}

#[inline(never)]
fn eight_migrate_disable() -> usize {
    nested!([. . . . . . . .] migrate_disable, stack())
}

/// A semaphore each: that of one does not nest.
#[inline(never)]
fn one_read(sems: &[PercpuRwSemaphore<()>; 3]) -> usize {
    sems[0].read(|()| stack())
}

#[inline(never)]
fn three_reads([a, b, c]: &[PercpuRwSemaphore<()>; 3]) -> usize {
    a.read(|()| b.read(|()| c.read(|()| stack())))
}

/// However the compiler nests closures, a task cannot be in more of them than the kernel can count.
fn levels_take_stack() -> Result<(), Wrong> {
    let levels = one_migrate_disable().wrapping_sub(eight_migrate_disable());
    check!((7 * 128..4096).contains(&levels));
    let sems = [
        new_percpu_rwsem!((), GFP_KERNEL)?,
        new_percpu_rwsem!((), GFP_KERNEL)?,
        new_percpu_rwsem!((), GFP_KERNEL)?,
    ];
    let levels = one_read(&sems).wrapping_sub(three_reads(&sems));
    check!((2 * 128..4096).contains(&levels));
    Ok(())
}

/// With the kernel crate's token, which leaves the closure or ends in it, interrupts stay off until
/// nobody wants that any more.
#[cfg(percpu_kernel_interrupt)]
fn tokens() -> bool {
    use kernel::interrupt::local_interrupt_disable;

    let returned = irqs_off(|_| local_interrupt_disable());
    let mut right = c::irqs_are_off();
    drop(returned);
    right &= !c::irqs_are_off();

    let mut before = Some(local_interrupt_disable());
    irqs_off(|_| {
        before = None;
        right &= c::irqs_are_off();
    });
    right &= !c::irqs_are_off();

    let mut swapped = Some(local_interrupt_disable());
    irqs_off(|_| {
        drop(swapped.take());
        swapped = Some(local_interrupt_disable());
    });
    right &= c::irqs_are_off();
    drop(swapped);
    right &= !c::irqs_are_off();

    // Nested, and the inner one ends the outer token.
    let mut outer = Some(local_interrupt_disable());
    irqs_off(|_| irqs_off(|_| outer = None));
    right && !c::irqs_are_off()
}

/// Whether preemption and migration are off or on like that, as far as the kernel knows it.
fn off(preemption: bool, migration: bool) -> bool {
    (cfg!(not(CONFIG_PREEMPT_COUNT)) || c::preemption_is_off() == preemption)
        && (cfg!(not(CONFIG_SMP)) || c::migration_is_off() == migration)
}
