// SPDX-License-Identifier: GPL-2.0

//! What the tests have done in C: the other side of `c.h`.

use crate::value::Value;
use core::ptr;
use kernel::{
    error::to_result,
    prelude::*, //
};
use percpu::{
    PerCpu,
    Place,
    PossibleCpu,
    Scalar, //
};

/// The types of the operations, as `enum c_type`.
#[repr(u32)]
#[derive(Clone, Copy)]
pub(crate) enum Type {
    I8,
    I16,
    I32,
    I64,
    Isize,
    U8,
    U16,
    U32,
    U64,
    Usize,
    Bool,
    Pointer,
}

/// The forms of an operation, as `enum c_form`.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// `this_cpu_*`
    This,
    /// `__this_cpu_*`
    Pinned,
    /// `raw_cpu_*`
    Raw,
}

/// The operations, as `enum c_op`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Op {
    Read,
    Write,
    Xchg,
    Cmpxchg,
    TryCmpxchg,
    And,
    Or,
    Add,
    Sub,
    Inc,
    Dec,
    AddReturn,
    SubReturn,
    IncReturn,
    DecReturn,
}

/// Where code runs, as `enum c_context`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(dead_code)] // Made by C.
pub(crate) enum Context {
    Task,
    SoftIrq,
    HardIrq,
}

/// The kernel's steps in bringing a CPU up, below and above those of modules, as
/// `enum percpu_test_step`.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Below,
    Above,
}

type Callback = unsafe extern "C" fn(arg: *mut c_void);

unsafe extern "C" {
    fn percpu_test_op(ty: Type, form: Form, op: Op, p: *mut c_void, a: u64, b: u64) -> u64;
    fn percpu_test_in_timer(hard: bool, f: Callback, arg: *mut c_void);
    fn percpu_test_stress(task: Callback, tick: Callback, ipi: Callback, arg: *mut c_void)
        -> c_int;
    fn percpu_test_send_ipis();
    fn percpu_test_end_stress();
    fn percpu_test_watch() -> bool;
    fn percpu_test_unwatch() -> c_long;

    // These only look, at what is the caller's own.
    pub(crate) safe fn percpu_test_context() -> Context;
    pub(crate) safe fn percpu_test_preempt_off() -> bool;
    pub(crate) safe fn percpu_test_migration_off() -> bool;
    pub(crate) safe fn percpu_test_irqs_off() -> bool;
    pub(crate) safe fn percpu_test_has_cmpxchg128() -> bool;

    // By any task that may sleep, of any number.
    safe fn percpu_test_offline(cpu: c_uint) -> c_int;
    pub(crate) safe fn percpu_test_online(cpu: c_uint) -> c_int;
    safe fn percpu_test_fail_next(cpu: c_uint, step: Step) -> c_int;
}

pub(crate) use self::{
    percpu_test_context as context,
    percpu_test_has_cmpxchg128 as has_cmpxchg128,
    percpu_test_irqs_off as irqs_are_off,
    percpu_test_migration_off as migration_is_off,
    percpu_test_preempt_off as preemption_is_off, //
};

/// Does an operation by the macro of C to this CPU's copy of a variable of Rust.
pub(crate) fn op<P, I>(var: &PerCpu<P>, form: Form, op: Op, a: I, b: I) -> I
where
    P: Place<Target = Scalar<I>>,
    I: Value,
{
    // SAFETY: `var` keeps the copies alive, and each is an `I`. The macro changes it by the same
    // means as the crate: instructions on this CPU, which the compiler sees on neither side.
    I::from_u64(unsafe {
        percpu_test_op(
            I::TYPE,
            form,
            op,
            var.as_ptr().cast(),
            a.to_u64(),
            b.to_u64(),
        )
    })
}

/// Does an operation by the macro of C to this CPU's copy of C's own variable of the type.
pub(crate) fn op_on_own<I: Value>(form: Form, op: Op, a: I, b: I) -> I {
    // SAFETY: Null stands for the variable that nothing but `percpu_test_op` uses.
    I::from_u64(unsafe {
        percpu_test_op(I::TYPE, form, op, ptr::null_mut(), a.to_u64(), b.to_u64())
    })
}

/// Calls `f` in the hard interrupt of a timer, or in its softirq; `None` if that did not happen.
pub(crate) fn in_timer<R: Send, F: FnOnce() -> R + Send>(hard: bool, f: F) -> Option<R> {
    struct Call<F, R>(Option<F>, Option<R>);

    /// # Safety
    ///
    /// `arg` points at a `Call<F, R>` that nobody else uses meanwhile.
    unsafe extern "C" fn call<R, F: FnOnce() -> R>(arg: *mut c_void) {
        // SAFETY: By the caller's promise.
        let call = unsafe { &mut *arg.cast::<Call<F, R>>() };
        call.1 = call.0.take().map(|f| f());
    }

    let mut arg = Call(Some(f), None);
    // SAFETY: `call` is passed a pointer to what it expects. C waits for it to return, and all that
    // goes there and comes back is `Send`.
    unsafe { percpu_test_in_timer(hard, call::<R, F>, (&raw mut arg).cast()) };
    arg.1
}

/// Who calls a function under [`stress`].
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Caller {
    Task,
    Tick,
    Ipi,
}

/// Calls `f` in tasks, and in timer interrupts and IPIs on all online CPUs, while `go_on` says so.
pub(crate) fn stress<F: Fn(Caller) + Sync>(f: F, mut go_on: impl FnMut() -> bool) -> Result {
    const TASK: u8 = Caller::Task as u8;
    const TICK: u8 = Caller::Tick as u8;

    /// # Safety
    ///
    /// `arg` points at an `F`.
    unsafe extern "C" fn call<F: Fn(Caller) + Sync, const CALLER: u8>(arg: *mut c_void) {
        let caller = match CALLER {
            TASK => Caller::Task,
            TICK => Caller::Tick,
            _ => Caller::Ipi,
        };
        // SAFETY: By the caller's promise.
        unsafe { (*arg.cast::<F>())(caller) }
    }

    let arg = (&raw const f).cast_mut().cast();
    // SAFETY: All are passed a pointer to an `F`, which is `Sync`, and lives until after the stress ends
    // below.
    to_result(unsafe {
        percpu_test_stress(
            call::<F, TASK>,
            call::<F, TICK>,
            call::<F, { Caller::Ipi as u8 }>,
            arg,
        )
    })?;
    while go_on() {
        // SAFETY: The stress is on.
        unsafe { percpu_test_send_ipis() };
    }
    // SAFETY: It was started above.
    unsafe { percpu_test_end_stress() };
    Ok(())
}

/// Calls `f` and returns how many per-CPU allocations it left behind; `None` if the kernel cannot
/// tell.
pub(crate) fn allocations_left_by<R>(f: impl FnOnce() -> R) -> (R, Option<c_long>) {
    // SAFETY: Tests run one after another; ended below.
    let watching = unsafe { percpu_test_watch() };
    let result = f();
    // SAFETY: Begun above.
    let left = unsafe { percpu_test_unwatch() };
    (result, watching.then_some(left))
}

/// Has a step of the kernel's fail when the CPU comes or goes next.
pub(crate) fn fail_next(cpu: PossibleCpu, step: Step) -> Result {
    to_result(percpu_test_fail_next(cpu.as_u32(), step))
}

/// Takes a CPU offline until the result is dropped.
pub(crate) struct Offline(PossibleCpu);

impl Offline {
    /// Whether the kernel can.
    pub(crate) const POSSIBLE: bool = cfg!(CONFIG_HOTPLUG_CPU);

    pub(crate) fn new(cpu: PossibleCpu) -> Result<Self> {
        to_result(percpu_test_offline(cpu.as_u32())).map(|()| Self(cpu))
    }
}

impl Drop for Offline {
    fn drop(&mut self) {
        if percpu_test_online(self.0.as_u32()) != 0 {
            pr_err!("CPU {} stays offline\n", self.0.as_u32());
        }
    }
}
