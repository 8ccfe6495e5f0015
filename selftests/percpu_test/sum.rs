// SPDX-License-Identifier: GPL-2.0

//! What goes over the copies of all CPUs: sum, write_all, drain and the iterators.

use crate::{
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
    cpus_read_lock(|cpus| POINTER.write_all(cpus, here.cast()));
    check!(possible_cpus().all(|cpu| POINTER.per_cpu(cpu) == here.cast()));

    cpus_read_lock(|cpus| NARROW.write_all(cpus, i8::MIN));
    check!(NARROW.sum() == copies.wrapping_mul(i8::MIN));
    check!(cpus_read_lock(|cpus| NARROW.drain(cpus)) == copies.wrapping_mul(i8::MIN));
    check!(NARROW.sum() == 0);
    Ok(())
}

fn exact(var: &PerCpu<impl Place<Target = Scalar<u64>>>) -> Result<(), Wrong> {
    let copies = possible_cpus().count() as u64;
    check!(var.sum() == 5 * copies);
    check!(var.iter().map(|(cpu, _)| cpu).eq(possible_cpus()));
    check!(possible_cpus().map(|cpu| cpu.as_u32()).is_sorted());

    cpus_read_lock(|cpus| var.write_all(cpus, 7));
    check!(possible_cpus().all(|cpu| var.per_cpu(cpu) == 7));
    check!(cpus_read_lock(|cpus| var.drain(cpus)) == 7 * copies);
    check!(possible_cpus().all(|cpu| var.per_cpu(cpu) == 0));
    check!(cpus_read_lock(|cpus| var.drain(cpus)) == 0);

    // Each online CPU gets its own number; read from here, and through drain.
    on_each_cpu(|irqs| var.__this_cpu_write(irqs, 1 << irqs.cpu().as_u32().min(63)));
    check!(cpus_read_lock(|cpus| cpus
        .online_cpus()
        .all(|cpu| cpus.is_online(cpu))));
    let expected = cpus_read_lock(|cpus| {
        let bits = cpus.online_cpus().map(|cpu| 1 << cpu.as_u32().min(63));
        bits.fold(0u64, u64::wrapping_add)
    });
    check!(var.sum() == expected);
    check!(cpus_read_lock(|cpus| var.drain(cpus)) == expected);
    Ok(())
}
