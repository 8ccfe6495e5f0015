// SPDX-License-Identifier: GPL-2.0

//! All CPUs: keeping them from coming and going.

use crate::{
    c::Offline,
    check,
    Wrong, //
};
use kernel::{
    prelude::*,
    sync::{
        Arc,
        Completion, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    workqueue, //
};
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    CpusHeld,
    Scalar, //
};

define_per_cpu! {
    static COUNT: Scalar<u64> = Scalar::new(1);
}

/// What needs CPUs to stay takes the lock of its caller, so it does not wait for somebody who waits
/// for that.
pub(crate) fn locked() -> Result<(), Wrong> {
    let done = cpus_read_lock(held)?;
    done.wait_for_completion();
    Ok(())
}

/// What is done when a CPU that wants to go has gone.
fn held(cpus: &CpusHeld) -> Result<Arc<Completion>, Wrong> {
    let copies = percpu::possible_cpus().count() as u64;
    let Some(cpu) = cpus.online_cpus().last().filter(|cpu| cpu.as_u32() != 0) else {
        return Err(Wrong::skip("only one CPU online"));
    };
    let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    let offline = done.clone();
    workqueue::system_unbound().try_spawn(GFP_KERNEL, move || {
        drop(Offline::new(cpu));
        offline.complete_all();
    })?;
    // Time to ask, and to wait for the lock.
    fsleep(Delta::from_millis(50));
    COUNT.write_all(cpus, 2);
    check!(COUNT.drain(cpus) == 2 * copies);
    check!(cpus.is_online(cpu));
    Ok(done)
}
