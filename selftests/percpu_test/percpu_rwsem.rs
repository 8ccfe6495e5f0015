// SPDX-License-Identifier: GPL-2.0

//! `PercpuRwSemaphore`: readers together, a writer alone.

use crate::{
    c::{
        self,
        Caller, //
    },
    check,
    linger,
    Wrong, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};
use percpu::{
    cpus_read_lock,
    new_percpu_rwsem,
    smp_call_on_cpu, //
};

pub(crate) fn test() -> Result<(), Wrong> {
    let mut pair = new_percpu_rwsem!((0u64, 0u64), GFP_KERNEL)?;
    check!(!pair.is_read_locked() && !pair.is_write_locked());
    // So many CPUs let a reader in.
    let readers = || {
        cpus_read_lock(|cpus| {
            let reads = |cpu| smp_call_on_cpu(cpu, || pair.try_read(|_| ()).is_some());
            cpus.online_cpus()
                .filter(|&cpu| reads(cpu) == Ok(true))
                .count()
        })
    };
    let online = cpus_read_lock(|cpus| cpus.online_cpus().count());
    pair.read_freezable(|first| {
        check!(pair.try_read(|second| first == second && *second == (0, 0)) == Some(true));
        check!(pair.is_read_locked());
        check!(readers() == online);
        Ok(())
    })?;
    check!(!pair.is_read_locked());
    pair.write(|both| {
        both.0 += 1;
        check!(pair.is_write_locked());
        check!(readers() == 0);
        both.1 += 1;
        Ok(())
    })?;
    check!(pair.read(|both| *both) == (1, 1));
    *pair.get_mut() = (0, 0);

    // Writers change it half by half, readers see whole ones.
    let [read, written, torn, refused] = [0u64; 4].map(Atomic::new);
    let look = |pair: &(u64, u64)| {
        let first = (&raw const pair.0).cast_mut();
        // SAFETY: A reader's. Volatile, as the compiler knows that nobody writes to it.
        let first = unsafe { first.read_volatile() };
        linger(20);
        if first != pair.1 {
            torn.fetch_add(1, Relaxed);
        }
        read.fetch_add(1, Relaxed);
    };
    c::stress(
        |caller| {
            if caller != Caller::Task {
                return;
            }
            for round in 0..20 {
                if round % 2 == 0 {
                    pair.read(look);
                } else if pair.try_read(look).is_none() {
                    refused.fetch_add(1, Relaxed);
                }
            }
        },
        || {
            pair.write(|both| {
                both.0 += 1;
                kernel::time::delay::fsleep(kernel::time::Delta::from_micros(50));
                both.1 += 1;
            });
            written.fetch_add(1, Relaxed) < 30
        },
    )?;
    pr_info!(
        "# percpu_rwsem: {} read, {} written, {} refused\n",
        read.load(Relaxed) as usize,
        written.load(Relaxed) as usize,
        refused.load(Relaxed) as usize
    );
    check!(torn.load(Relaxed) == 0);
    check!(read.load(Relaxed) > 0 && refused.load(Relaxed) > 0);
    let both = pair.read(|both| *both);
    check!(both == (written.load(Relaxed), written.load(Relaxed)));

    let (result, left) = c::allocations_left_by(|| new_percpu_rwsem!(0, GFP_KERNEL).map(drop));
    result?;
    check!(left.is_none_or(|left| left == 0));
    Ok(())
}
