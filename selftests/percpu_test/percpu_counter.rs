// SPDX-License-Identifier: GPL-2.0

//! `PercpuCounter`: the kernel's, and nothing gets lost on the way to it.

use crate::{
    c::{
        self,
        Caller, //
    },
    check,
    Wrong, //
};
use core::cmp::Ordering;
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};
use percpu::{
    get_cpu,
    on_each_cpu,
    PercpuCounter, //
};

pub(crate) fn test() -> Result<(), Wrong> {
    let counter = PercpuCounter::new(5, GFP_KERNEL)?;
    check!(counter.read() == 5 && counter.sum() == 5);
    counter.inc();
    counter.inc();
    counter.dec();
    counter.add(10);
    counter.sub(1);
    check!(counter.sum() == 15);
    if cfg!(CONFIG_SMP) {
        // Less than the batch stays with the CPU until it is synchronised there.
        check!(PercpuCounter::batch() >= 32);
        check!(counter.read() == 5);
        on_each_cpu(|_| counter.sync());
        check!(counter.read() == 15);
        let read = get_cpu(|_| {
            counter.add_batch(3, 3);
            counter.add_local(1_000_000);
            counter.read()
        });
        check!(read == 18);
        counter.sub_local(1_000_000);
        check!(counter.sum() == 18);
        counter.sub(3);
    }
    check!(counter.compare(14) == Ordering::Greater);
    check!(counter.compare(15) == Ordering::Equal);
    check!(counter.compare(1 << 40) == Ordering::Less);
    check!(counter.compare_batch(16, 100) == Ordering::Less);
    counter.set(-7);
    check!(counter.sum() == -7 && counter.read() == -7);
    if cfg!(CONFIG_SMP) {
        // Without SMP there is no such thing as a negative count.
        check!(counter.sum_positive() == 0 && counter.read_positive() == 0);
    }
    counter.set(i64::MAX);
    check!(counter.read_positive() == i64::MAX && counter.sum_positive() == i64::MAX);

    // As C does it: the absolute value of `i64::MIN` is negative, less than any batch, and only its low
    // half is kept.
    for (amount, expected) in [
        (i64::MIN, if cfg!(CONFIG_SMP) { 0 } else { i64::MIN }),
        (i64::MIN + (1 << 31), i64::MIN + (1 << 31)),
        (i64::MAX, i64::MAX),
    ] {
        counter.set(0);
        counter.add(amount);
        check!(counter.sum() == expected);
        counter.set(0);
        counter.add_local(amount);
        check!(counter.sum() == expected);
    }
    // With what the CPU keeps.
    for (amount, expected) in [
        (i64::MAX, if cfg!(CONFIG_SMP) { 0 } else { i64::MIN }),
        (i64::MAX - (1 << 31), i64::MAX - (1 << 31) + 1),
    ] {
        counter.set(0);
        let sum = get_cpu(|_| {
            counter.inc();
            counter.add(amount);
            counter.sum()
        });
        check!(sum == expected);
    }

    let (left, known) = c::allocations_left_by(|| -> Result<(), Wrong> {
        let many = PercpuCounter::new_many::<3>(1, GFP_KERNEL)?;
        many[0].add(1);
        many[2].add(-1);
        let sums = [&many[0], &many[1], &many[2]].map(|counter| counter.sum());
        check!(sums == [2, 1, 0]);
        drop(PercpuCounter::new(0, GFP_ATOMIC)?);
        Ok(())
    });
    left?;
    check!(known.is_none_or(|left| left == 0));

    let [expected, interrupts] = [0i64; 2].map(Atomic::new);
    counter.set(0);
    c::stress(
        |caller| {
            let amounts = if caller == Caller::Task {
                [1, 1000, -7]
            } else {
                interrupts.fetch_add(1, Relaxed);
                [-1, 2, 1 << 40]
            };
            for amount in amounts {
                counter.add(amount);
                expected.fetch_add(amount, Relaxed);
            }
        },
        || interrupts.load(Relaxed) < 2000,
    )?;
    check!(counter.sum() == expected.load(Relaxed));
    Ok(())
}
