// SPDX-License-Identifier: GPL-2.0

//! Having things done on other CPUs.
//!
//! C headers: [`include/linux/smp.h`](srctree/include/linux/smp.h),
//! [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use crate::{
    alive::alive,
    cpus::{
        self,
        PossibleCpu, //
    },
    get_cpu::get_cpu,
    irqs_off::{
        irqs_off,
        IrqsOff, //
    },
};
#[cfg(CONFIG_SMP)]
use core::ptr;
use core::ptr::NonNull;
use kernel::{
    alloc::Flags,
    bindings,
    cpu::CpuId,
    error::to_result,
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Release, //
    },
    types::Opaque,
    workqueue::{
        Queue,
        RawWorkItem, //
    },
};

/// Calls `f` once on every online CPU, on all others at the same time and then on this one, and
/// returns when all are done: `on_each_cpu` in C.
///
/// On other CPUs `f` runs in an interrupt, or in the CPU's idle task or migration thread, with the proof
/// that interrupts are off: it must do nothing that [`irqs_off`](crate::irqs_off) forbids, nor take a lock
/// that is taken there with interrupts on. Only for tasks, with interrupts on, and without a lock that
/// others take with interrupts off: it waits for all CPUs, which may wait for this one; and what it
/// interrupts may be such a call, of which the kernel has one for each CPU.
#[doc(alias = "smp_call_function")]
pub fn on_each_cpu<F: Fn(&IrqsOff) + Sync>(f: F) {
    // C calls it here while others are still at it. A panic ends the task, and its stack with what
    // `f` borrows from it is gone: so the others come first, and are waited for. A panic on one of
    // those ends the kernel, or leaves this task waiting.
    get_cpu(|_| {
        #[cfg(CONFIG_SMP)]
        on_other_cpus(&f);
        // By reference: what `f` captured is dropped where its caller may sleep.
        irqs_off(&f);
    });
}

/// Calls `f` once on every online CPU but this one, and returns when all are done.
///
/// To be called with preemption off.
#[cfg(CONFIG_SMP)]
fn on_other_cpus<F: Fn(&IrqsOff) + Sync>(f: &F) {
    /// # Safety
    ///
    /// `f` points at an `F`, and interrupts are off.
    unsafe extern "C" fn call<F: Fn(&IrqsOff) + Sync>(f: *mut c_void) {
        // SAFETY: By the caller's promise; `F: Sync` lets every CPU use it at once.
        unsafe { (*f.cast::<F>())(&IrqsOff::new()) }
    }

    // SAFETY: `call::<F>` is passed a pointer to an `F`, with interrupts off. It is waited for until
    // all calls have returned, and nothing else runs in this task meanwhile: that keeps `f` alive.
    unsafe {
        bindings::smp_call_function_many(
            &raw const bindings::__cpu_online_mask,
            Some(call::<F>),
            ptr::from_ref(f).cast_mut().cast(),
            true,
        )
    };
}

/// What is called elsewhere, on the caller's stack, and what it returned.
///
/// The caller waits inside the kernel, where nothing but the end of the call lets it go on. No signal
/// kills it there, so the stack stays.
struct Call<F, R> {
    f: Option<F>,
    result: Option<R>,
}

/// Calls `f` on `cpu`, where [`on_each_cpu`] would, or, on this CPU, in this task with interrupts off, and
/// returns its result when it is done: `smp_call_function_single` in C, with `wait`.
///
/// `f` is passed the proof that interrupts are off where it runs, and must do nothing that
/// [`irqs_off`](crate::irqs_off) forbids; what it captured is dropped there, too. Only for tasks, with
/// interrupts on: two CPUs could wait for each other.
///
/// # Errors
///
/// `ENXIO` if `cpu` is not online.
#[allow(clippy::useless_conversion)] // of a `bool`, from 7.3 on
pub fn smp_call_function_single<F, R>(cpu: impl Into<CpuId>, f: F) -> Result<R>
where
    F: FnOnce(&IrqsOff) -> R + Send,
    R: Send,
{
    /// # Safety
    ///
    /// `call` points at a `Call<F, R>` that nobody else uses, and interrupts are off.
    unsafe extern "C" fn run<R, F: FnOnce(&IrqsOff) -> R>(call: *mut c_void) {
        // SAFETY: By the caller's promise.
        let (call, irqs) = unsafe { (&mut *call.cast::<Call<F, R>>(), IrqsOff::new()) };
        call.result = call.f.take().map(|f| f(&irqs));
    }

    let mut call = Call {
        f: Some(f),
        result: None,
    };
    // SAFETY: `run` is passed what it expects, and has returned when this does. What goes there and
    // comes back is `Send`.
    to_result(unsafe {
        bindings::smp_call_function_single(
            cpu.into().as_u32() as c_int,
            Some(run::<R, F>),
            (&raw mut call).cast(),
            // An `int` before 7.3, a `bool` from then on.
            true.into(),
        )
    })?;
    call.result.ok_or(ENXIO)
}

/// Calls `f` on `cpu`, in a kernel worker or, without SMP, in this task, and returns its result when it
/// is done: `smp_call_on_cpu` in C.
///
/// Both may sleep. If `cpu` goes offline in between, `f` runs on another one; who holds
/// [`cpus_read_lock`](crate::cpus_read_lock) keeps it from going, but then `f` must not take that.
///
/// # Errors
///
/// `ENXIO` if `cpu` is not online.
pub fn smp_call_on_cpu<F, R>(cpu: impl Into<CpuId>, f: F) -> Result<R>
where
    F: FnOnce() -> R + Send,
    R: Send,
{
    /// # Safety
    ///
    /// `call` points at a `Call<F, R>` that nobody else uses.
    unsafe extern "C" fn run<R, F: FnOnce() -> R>(call: *mut c_void) -> c_int {
        // SAFETY: By the caller's promise.
        let call = unsafe { &mut *call.cast::<Call<F, R>>() };
        // The pool of workers knows it.
        let _alive = alive();
        call.result = call.f.take().map(|f| f());
        0
    }

    let mut call = Call {
        f: Some(f),
        result: None,
    };
    // SAFETY: As in `smp_call_function_single`.
    to_result(unsafe {
        bindings::smp_call_on_cpu(
            cpu.into().as_u32(),
            Some(run::<R, F>),
            (&raw mut call).cast(),
            false,
        )
    })?;
    call.result.ok_or(ENXIO)
}

/// Enqueues a work item of the kernel crate on `cpu`: `queue_work_on` in C.
///
/// May be called in any context but an NMI. If `cpu` goes offline before the item runs, it runs on
/// another one. The queue has to be one whose workers belong to CPUs, not an unbound one.
///
/// As with `Queue::enqueue`, a module must not be unloaded while an item of its own waits or runs, and an
/// item must not panic: the worker would be freed, and used by the kernel when the CPU goes offline.
///
/// # Errors
///
/// The item, if `cpu` is not online.
pub fn queue_work_on<W, const ID: u64>(
    cpu: PossibleCpu,
    queue: &Queue,
    work: W,
) -> Result<W::EnqueueOutput, W>
where
    W: RawWorkItem<ID> + Send + 'static,
{
    // SAFETY: The kernel's own mask.
    if !unsafe { cpus::test(&raw const bindings::__cpu_online_mask, cpu.as_u32()) } {
        return Err(work);
    }
    // `Queue` is a `workqueue_struct` and nothing else.
    let queue = core::ptr::from_ref(queue).cast_mut().cast();
    // SAFETY: As in `Queue::enqueue`, which says the same with no CPU.
    Ok(unsafe {
        work.__enqueue(move |work| bindings::queue_work_on(cpu.as_u32() as c_int, queue, work))
    })
}

/// A function to be called on other CPUs, in interrupts, by a caller that does not wait:
/// `call_single_data_t` in C.
///
/// It is always allocated, and its function is `'static`: whoever calls it may be gone before it runs.
/// Dropping it waits until it is not running. If the function panics in a task, in which a call on this CPU
/// runs it, that is never: it stays busy. A structure that has one names its type, as a function that
/// captures nothing has one:
///
/// ```
/// struct Device {
///     poll: SmpCall<fn(&IrqsOff)>,
/// }
///
/// let poll: fn(&IrqsOff) = |_irqs| pr_info!("polled\n");
/// let device = Device { poll: SmpCall::new(poll, GFP_KERNEL)? };
/// cpus_read_lock(|cpus| cpus.online_cpus().next().map_or(Err(ENXIO), |cpu| device.poll.call(cpu)))?;
/// ```
#[doc(alias = "call_single_data_t")]
#[doc(alias = "INIT_CSD")]
pub struct SmpCall<F: Fn(&IrqsOff) + Send + Sync + 'static> {
    inner: NonNull<Inner<F>>,
}

#[repr(C)]
struct Inner<F> {
    csd: Opaque<bindings::call_single_data_t>,
    /// The kernel looks whether a call is under way, but two callers could both see that none is.
    busy: Atomic<i32>,
    f: F,
}

// SAFETY: It belongs to no task, and an `F` is `Send`.
unsafe impl<F: Fn(&IrqsOff) + Send + Sync + 'static> Send for SmpCall<F> {}

// SAFETY: Everybody may call it, of whom one at a time succeeds, and an `F` is `Sync`.
unsafe impl<F: Fn(&IrqsOff) + Send + Sync + 'static> Sync for SmpCall<F> {}

impl<F: Fn(&IrqsOff) + Send + Sync + 'static> SmpCall<F> {
    /// Makes one. `f` is passed the proof that interrupts are off where it runs, and must do nothing
    /// that [`irqs_off`](crate::irqs_off) forbids.
    ///
    /// Context as `flags` say. Fails when memory is short.
    pub fn new(f: F, flags: Flags) -> Result<Self> {
        let inner = KBox::new(
            Inner {
                csd: Opaque::uninit(),
                busy: Atomic::new(0),
                f,
            },
            flags,
        )?;
        let inner = KBox::into_raw(inner);
        // SAFETY: As INIT_CSD(): all zero but these two. Nobody else has it yet.
        unsafe {
            let csd = Opaque::cast_into(&raw const (*inner).csd);
            csd.write(core::mem::zeroed());
            (*csd).func = Some(Self::run);
            (*csd).info = inner.cast();
            Ok(Self {
                inner: NonNull::new_unchecked(inner),
            })
        }
    }

    /// # Safety
    ///
    /// `inner` points at an `Inner<F>` that is busy, and interrupts are off.
    unsafe extern "C" fn run(inner: *mut c_void) {
        // SAFETY: By the caller's promise.
        let inner = unsafe { &*inner.cast::<Inner<F>>() };
        // SAFETY: By the caller's promise.
        (inner.f)(&unsafe { IrqsOff::new() });
        // From here on it may be freed.
        inner.busy.store(0, Release);
    }

    fn inner(&self) -> &Inner<F> {
        // SAFETY: Valid until `self` is dropped.
        unsafe { self.inner.as_ref() }
    }

    /// Has the function called on `cpu`, and does not wait: `smp_call_function_single_async` in C.
    ///
    /// May be called in any context but an NMI. On this CPU, it is called before this returns.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the last call is not done; `ENXIO` if `cpu` is not online.
    #[doc(alias = "smp_call_function_single_async")]
    pub fn call(&self, cpu: PossibleCpu) -> Result {
        let inner = self.inner();
        inner.busy.cmpxchg(0, 1, Acquire).map_err(|_| EBUSY)?;
        // SAFETY: It is not under way, and nobody else gets here before it is done. It lives until
        // then.
        let called = to_result(unsafe {
            bindings::smp_call_function_single_async(cpu.as_u32() as c_int, inner.csd.get())
        });
        if called.is_err() {
            inner.busy.store(0, Release);
        }
        called
    }

    /// Whether a call is not done yet.
    pub fn is_busy(&self) -> bool {
        self.inner().busy.load(Acquire) != 0
    }
}

impl<F: Fn(&IrqsOff) + Send + Sync + 'static> Drop for SmpCall<F> {
    /// Not to be called with interrupts off.
    fn drop(&mut self) {
        while self.is_busy() {
            core::hint::spin_loop();
        }
        // SAFETY: From `into_raw`, in `new`; it is not under way.
        drop(unsafe { KBox::from_raw(self.inner.as_ptr()) });
    }
}
