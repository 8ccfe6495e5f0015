// SPDX-License-Identifier: GPL-2.0

// Part of what operations.py makes in Rust: see parts.h.

use core::cell::Cell;
use kernel::{bindings, prelude::*};

fn add(value: &mut u64, v: u64) -> u64 {
    let old = *value;
    *value = old.wrapping_add(v);
    old
}

fn first() -> PossibleCpu {
    possible_cpus().next().unwrap()
}

fn both(traffic: Traffic) -> u64 {
    traffic.packets << 32 ^ traffic.bytes
}

fn twice(v: u64) -> u128 {
    u128::from(v) << 64 | u128::from(v)
}

fn half(v: u128) -> u64 {
    (v >> 64) as u64 ^ (v as u64).rotate_left(1)
}

unsafe extern "C" {
    fn kill_ref(_: *mut bindings::percpu_ref);
    static mut killed: u64;
}

/// The kernel's own, to which a guard and a counted pointer to nothing are pointers.
fn raw<T>(guard: &T) -> *mut bindings::percpu_ref {
    const { assert!(size_of::<T>() == size_of::<usize>()) };
    // SAFETY: It is as large.
    unsafe { core::mem::transmute_copy(guard) }
}

#[repr(C)]
pub struct Variable {
    r#box: *const u8,
    copies: *const u8,
    size: u64,
    kind: u64,
}
const PER_CPU: u64 = 0;
const SHARED: u64 = 1;
const SUMMED: u64 = 2;

/// The kernel's own structures.
pub struct Built {
    counter: PercpuCounterBox,
    // Before what it is of.
    guard: Option<PercpuRefGuard<'static>>,
    gate: PercpuRef<Nothing>,
    arc: PercpuArc<Nothing>,
    _owner: PercpuArcOwner<Nothing>,
    sem: PercpuRwSemaphore<u64>,
}

fn built() -> Result<Built> {
    let owner = PercpuArc::new(Nothing, GFP_KERNEL)?;
    let mut built = Built {
        counter: PercpuCounter::new(1000, GFP_KERNEL)?,
        guard: None,
        gate: PercpuRef::new(Nothing, PercpuRefInit::Percpu, GFP_KERNEL)?,
        arc: owner.get(),
        _owner: owner,
        sem: new_percpu_rwsem!(7, GFP_KERNEL)?,
    };
    let guard = built.gate.tryget();
    // SAFETY: It is dropped before the gate, to whose allocation it points.
    built.guard = unsafe { core::mem::transmute::<Option<PercpuRefGuard<'_>>, _>(guard) };
    Ok(built)
}

fn variable<P: Place, B>(this: &PerCpu<P>, r#box: *const B) -> Variable {
    Variable {
        r#box: r#box.cast(),
        copies: this.as_ptr().cast(),
        size: size_of::<P::Target>() as u64,
        kind: PER_CPU,
    }
}

fn of<T, B>(copies: *const T, r#box: *const B, kind: u64) -> Variable {
    Variable {
        r#box: r#box.cast(),
        copies: copies.cast(),
        size: size_of::<T>() as u64,
        kind,
    }
}

/// What is per CPU and what is shared of the kernel's own structures.
fn of_kernel_s(built: &Built, mut put: impl FnMut(Variable)) {
    const NONE: *const u8 = core::ptr::null();
    let counter = core::ptr::from_ref::<PercpuCounter>(&built.counter);
    let Some(guard) = &built.guard else { return };
    // SAFETY: All are initialised, and begin with what is the kernel's.
    unsafe {
        let in_c = counter.cast::<bindings::percpu_counter>();
        put(of((*in_c).counters, counter, PER_CPU));
        put(of(&raw const (*in_c).count, NONE, SHARED));
        // Both flags are off.
        let count = raw(guard);
        put(of(
            (*count).percpu_count_ptr as *const usize,
            guard,
            PER_CPU,
        ));
        put(of(
            &raw const (*count).percpu_count_ptr,
            &built.gate,
            SHARED,
        ));
        put(of(&raw const (*(*count).data).count, NONE, SHARED));
        put(of(&raw const killed, NONE, SHARED));
        let count = raw(&built.arc);
        put(of(
            (*count).percpu_count_ptr as *const usize,
            &built.arc,
            PER_CPU,
        ));
        put(of(&raw const (*count).percpu_count_ptr, NONE, SHARED));
        put(of(&raw const (*(*count).data).count, NONE, SHARED));
        let sem = *(&raw const built.sem).cast::<*const bindings::percpu_rw_semaphore>();
        put(of((*sem).read_count, &raw const built.sem, SUMMED));
    }
}
