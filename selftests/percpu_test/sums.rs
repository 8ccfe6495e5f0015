// SPDX-License-Identifier: GPL-2.0

//! What goes over the copies of all CPUs: sum, write_all, drain and the iterators.

use crate::{
    c::Offline,
    check,
    Wrong, //
};
use kernel::prelude::*;
use percpu::{
    cpus_read_lock,
    define_per_cpu,
    field,
    on_each_cpu,
    possible_cpus,
    PerCpu,
    PerCpuBox,
    Pinned,
    Place,
    Scalar, //
};

struct Pair {
    _other: Scalar<u8>,
    count: Scalar<u64>,
}

define_per_cpu! {
    static WHOLE: Scalar<u64> = Scalar::new(5);
    static PAIR: Pair = Pair { _other: Scalar::new(0), count: Scalar::new(5) };
    static POINTER: Scalar<*const u32> = Scalar::new(core::ptr::null());
    static NARROW: Scalar<i8> = Scalar::new(-100);
}

pub(crate) fn test() -> Result<(), Wrong> {
    let boxed = PerCpuBox::new_with(|_| Scalar::new(5u64), GFP_KERNEL)?;
    exact(&WHOLE)?;
    exact(&boxed)?;
    exact(&field!(PAIR, Pair, count))?;

    // Sums wrap as the type does.
    let copies = possible_cpus().count() as i8;
    check!(NARROW.sum() == copies.wrapping_mul(-100));
    let here = &raw const POINTER;
    POINTER.write_all(&cpus_read_lock(), here.cast());
    check!(possible_cpus().all(|cpu| POINTER.per_cpu(cpu) == here.cast()));

    NARROW.write_all(&cpus_read_lock(), i8::MIN);
    check!(NARROW.sum() == copies.wrapping_mul(i8::MIN));
    check!(NARROW.drain(&cpus_read_lock()) == copies.wrapping_mul(i8::MIN));
    check!(NARROW.sum() == 0);
    Ok(())
}

fn exact(var: &PerCpu<impl Place<Target = Scalar<u64>>>) -> Result<(), Wrong> {
    let copies = possible_cpus().count() as u64;
    check!(var.sum() == 5 * copies);
    check!(var.iter().map(|(cpu, _)| cpu).eq(possible_cpus()));
    check!(possible_cpus().map(|cpu| cpu.as_u32()).is_sorted());

    var.write_all(&cpus_read_lock(), 7);
    check!(possible_cpus().all(|cpu| var.per_cpu(cpu) == 7));
    check!(var.drain(&cpus_read_lock()) == 7 * copies);
    check!(possible_cpus().all(|cpu| var.per_cpu(cpu) == 0));
    check!(var.drain(&cpus_read_lock()) == 0);

    // Each online CPU gets its own number; read from here, and through drain.
    on_each_cpu(|irqs| var.__this_cpu_write(irqs, 1 << irqs.cpu().as_u32().min(63)));
    let expected = {
        let hotplug = cpus_read_lock();
        let all = hotplug.online_cpus().all(|cpu| hotplug.is_online(cpu));
        check!(all);
        let bits = hotplug.online_cpus().map(|cpu| 1 << cpu.as_u32().min(63));
        bits.fold(0u64, u64::wrapping_add)
    };
    check!(var.sum() == expected);
    check!(var.drain(&cpus_read_lock()) == expected);
    Ok(())
}

/// The copy of a CPU that is offline is kept, read, and written to.
pub(crate) fn offline() -> Result<(), Wrong> {
    let boxed = PerCpuBox::new_with(|cpu| Scalar::new(1000 + cpu.as_u32()), GFP_KERNEL)?;
    let last = cpus_read_lock().online_cpus().last();
    let Some(cpu) = last.filter(|_| cpus_read_lock().online_cpus().count() > 1) else {
        return Err(Wrong::skip("only one CPU online"));
    };
    let was = boxed.sum();

    let offline = Offline::new(cpu)?;
    check!(!cpus_read_lock().is_online(cpu));
    check!(cpus_read_lock().online_cpus().all(|online| online != cpu));
    check!(possible_cpus().any(|possible| possible == cpu));
    check!(boxed.per_cpu(cpu) == 1000 + cpu.as_u32());
    check!(boxed.sum() == was);
    on_each_cpu(|_| boxed.this_cpu_add(1));
    check!(boxed.per_cpu(cpu) == 1000 + cpu.as_u32());

    // All under one lock, which does not nest.
    {
        let cpus = cpus_read_lock();
        let online = cpus.online_cpus().count() as u32;
        check!(boxed.drain(&cpus) == was + online);
        check!(boxed.per_cpu(cpu) == 0);
        boxed.write_all(&cpus, 3);
        check!(boxed.per_cpu(cpu) == 3);
    }
    drop(offline);

    check!(cpus_read_lock().is_online(cpu));
    check!(boxed.per_cpu(cpu) == 3);
    Ok(())
}
