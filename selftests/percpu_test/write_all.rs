// SPDX-License-Identifier: GPL-2.0

//! Writing to the copies of CPUs that are offline.

use crate::{
    c::Offline,
    check,
    Wrong, //
};
use kernel::prelude::*;
use percpu::{
    cpus_read_lock,
    on_each_cpu,
    possible_cpus,
    PerCpuBox,
    Scalar, //
};

/// The copy of a CPU that is offline is kept, read, and written to.
pub(crate) fn test() -> Result<(), Wrong> {
    let boxed = PerCpuBox::new_with(|cpu| Scalar::new(1000 + cpu.as_u32()), GFP_KERNEL)?;
    let last = cpus_read_lock(|cpus| cpus.online_cpus().last());
    let count = cpus_read_lock(|cpus| cpus.online_cpus().count());
    let Some(cpu) = last.filter(|_| Offline::POSSIBLE && count > 1) else {
        return Err(Wrong::skip("no CPU can go offline"));
    };
    let was = boxed.sum();

    let offline = Offline::new(cpu)?;
    check!(!cpus_read_lock(|cpus| cpus.is_online(cpu)));
    check!(cpus_read_lock(|cpus| cpus
        .online_cpus()
        .all(|online| online != cpu)));
    check!(possible_cpus().any(|possible| possible == cpu));
    check!(boxed.per_cpu(cpu) == 1000 + cpu.as_u32());
    check!(boxed.sum() == was);
    on_each_cpu(|_| boxed.this_cpu_add(1));
    check!(boxed.per_cpu(cpu) == 1000 + cpu.as_u32());

    // All under one lock, which does not nest.
    cpus_read_lock(|cpus| {
        let online = cpus.online_cpus().count() as u32;
        check!(boxed.drain(cpus) == was + online);
        check!(boxed.per_cpu(cpu) == 0);
        boxed.write_all(cpus, 3);
        check!(boxed.per_cpu(cpu) == 3);
        Ok(())
    })?;
    drop(offline);

    check!(cpus_read_lock(|cpus| cpus.is_online(cpu)));
    check!(boxed.per_cpu(cpu) == 3);
    Ok(())
}
