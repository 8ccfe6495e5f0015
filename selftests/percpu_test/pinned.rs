// SPDX-License-Identifier: GPL-2.0

//! Guards keep the task where it is until the last of them is dropped, in whatever order.

use crate::{
    c,
    check,
    Wrong, //
};
use percpu::{
    define_per_cpu,
    get_cpu,
    irqs_off,
    migrate_disable,
    Pinned,
    Scalar, //
};

define_per_cpu! {
    static ANY: Scalar<u8> = Scalar::new(0);
}

const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

pub(crate) fn test() -> Result<(), Wrong> {
    check!(!c::preemption_is_off());
    for order in ORDERS {
        check!(preempt_in(order));
        check!(!c::preemption_is_off());
        check!(migrate_in(order));
        check!(!c::migration_is_off());
        check!(mixed_in(order));
        check!(!c::preemption_is_off() && !c::migration_is_off());
    }

    // Interrupts come back on with the outermost closure alone.
    let inside = irqs_off(|outer| {
        let inner = irqs_off(|inner| inner.cpu());
        c::irqs_are_off() && outer.cpu() == inner
    });
    check!(inside && !c::irqs_are_off());

    #[cfg(percpu_kernel_interrupt)]
    check!(tokens() && !c::irqs_are_off());
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
        swapped = None;
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

/// Drops three guards in that order; whether preemption stayed off until the last.
fn preempt_in(order: [usize; 3]) -> bool {
    let mut guards = [get_cpu(), get_cpu(), get_cpu()].map(Some);
    order.into_iter().all(|i| {
        let off = cfg!(not(CONFIG_PREEMPT_COUNT)) || c::preemption_is_off();
        guards[i] = None;
        off
    })
}

fn migrate_in(order: [usize; 3]) -> bool {
    let mut guards = [migrate_disable(), migrate_disable(), migrate_disable()].map(Some);
    order.into_iter().all(|i| {
        let off = cfg!(not(CONFIG_SMP)) || c::migration_is_off();
        guards[i] = None;
        off
    })
}

/// One guard of each kind; each keeps the task on its CPU for as long as it is there.
fn mixed_in(order: [usize; 3]) -> bool {
    let mut preempt = Some(get_cpu());
    let mut migrate = Some(migrate_disable());
    let mut var = Some(ANY.get_cpu_var());
    order.into_iter().all(|i| {
        let cpus = [
            preempt.as_ref().map(|guard| guard.cpu()),
            migrate.as_ref().map(|guard| guard.cpu()),
            var.as_ref().map(|guard| guard.cpu()),
        ];
        match i {
            0 => preempt = None,
            1 => migrate = None,
            _ => var = None,
        }
        let mut known = cpus.into_iter().flatten();
        let first = known.next();
        let off = cfg!(not(CONFIG_PREEMPT_COUNT))
            || c::preemption_is_off() == (preempt.is_some() || var.is_some());
        off && known.all(|cpu| Some(cpu) == first)
    })
}
