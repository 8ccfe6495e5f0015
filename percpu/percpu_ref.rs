// SPDX-License-Identifier: GPL-2.0

//! Reference counts that are per CPU until somebody wants to know when they are zero.
//!
//! C header: [`include/linux/percpu-refcount.h`](srctree/include/linux/percpu-refcount.h)

use crate::{
    alive::alive,
    place::{
        self,
        Allocated,
        CpuOps,
        Zero, //
    },
};
use core::{
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    alloc::Flags,
    bindings,
    error::to_result,
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Release, //
    },
    types::Opaque, //
};

/// What happens when a [`PercpuRef`] comes to zero.
pub trait PercpuRefOps: Send + Sync + 'static {
    /// The count is zero, after it was killed: `percpu_ref_func_t *release` in C.
    ///
    /// Called each time that the count comes to zero after a kill: by whoever drops the last guard, in
    /// whatever context that is; by [`kill`](PercpuRef::kill), under a spinlock of the kernel's, with
    /// interrupts off but on PREEMPT_RT; or in an RCU callback, which is in a softirq, on PREEMPT_RT in a
    /// task. Always in an RCU read-side section. Must not sleep, nor use any `PercpuRef`, nor drop the last of a
    /// `PercpuArc`.
    fn release(&self);

    /// No [`tryget_live`](PercpuRef::tryget_live) on any CPU succeeds any more:
    /// `percpu_ref_func_t *confirm_kill` in C. That is if it was counting per CPU and nobody revives it;
    /// otherwise one that is already under way may still succeed.
    ///
    /// Called after [`kill_and_confirm`](PercpuRef::kill_and_confirm), before
    /// [`release`](Self::release), in an RCU callback, or by the caller under a spinlock of the kernel's if
    /// it was counting in one place. Must do nothing that `release` must not.
    fn confirm_kill(&self) {}
}

/// How a [`PercpuRef`] begins.
#[doc(alias = "PERCPU_REF_INIT_ATOMIC")]
#[doc(alias = "PERCPU_REF_INIT_DEAD")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PercpuRefInit {
    /// Alive, and counting per CPU.
    Percpu,
    /// Alive, and counting in one place until
    /// [`switch_to_percpu`](PercpuRef::switch_to_percpu): `PERCPU_REF_INIT_ATOMIC` in C.
    Atomic,
    /// As if killed, and zero: `PERCPU_REF_INIT_DEAD` in C.
    Dead,
}

/// A count of who is using something, with a way to stop that and to hear when all are done:
/// `struct percpu_ref` in C.
///
/// Not to be confused with [`PerCpuRef`](crate::PerCpuRef), a reference to a per-CPU variable.
///
/// Whoever wants to use it holds a [`PercpuRefGuard`], from [`tryget_live`](Self::tryget_live): an
/// increment of this CPU's count, as long as nobody has called [`kill`](Self::kill). Soon after that
/// `tryget_live` gives no more guards, all CPUs' counts are added up, and when the last guard is gone
/// [`release`](PercpuRefOps::release) is called.
///
/// It is always allocated: a task that is killed takes its stack away, while the kernel may still be
/// counting. Dropping it kills it if it is alive, and waits for the kernel (`rcu_barrier`); it may
/// sleep.
///
/// What is in it, an `R`, may be used without a guard, too, as long as the `PercpuRef` is there: a guard
/// says that `release` was not called. What must not move goes into an `Arc` in it, such as the
/// `Completion` that `release` completes for who waits: see "Shutting down" in docs/recipes.md. A guard
/// borrows the `PercpuRef`; what outlives the function holds a [`PercpuArc`].
///
/// Guards are had and dropped in any context. Whatever else is done to it takes a spinlock that the
/// kernel has for all such counts: in any context but an NMI, on PREEMPT_RT only where a `SpinLock` may be
/// taken. It sleeps if a switch is not over: that is over when RCU has called the kernel back after the last `kill`
/// or `switch_to_atomic`, which may be long after a grace period; or when [`is_zero`](Self::is_zero) is true,
/// or after an `rcu_barrier`.
///
/// The count is a `usize`. On 32 bits, 2^31 guards that are forgotten (`core::mem::forget`) make it wrap:
/// the kernel warns, and `release` comes too early, or never.
///
/// ```
/// struct Done;
///
/// impl PercpuRefOps for Done {
///     fn release(&self) {
///         pr_info!("nobody uses it any more\n");
///     }
/// }
///
/// let users = PercpuRef::new(Done, PercpuRefInit::Percpu, GFP_KERNEL)?;
/// if let Some(guard) = users.tryget_live() {
///     // `release` is not called before `guard` is dropped.
/// }
/// users.kill()?;
/// # assert!(users.tryget_live().is_none());
/// ```
#[doc(alias = "percpu_ref")]
#[doc(alias = "percpu_ref_exit")]
pub struct PercpuRef<R: PercpuRefOps> {
    inner: NonNull<Inner<R>>,
}

// SAFETY: It belongs to no task, nor does what it owns.
unsafe impl<R: PercpuRefOps> Send for PercpuRef<R> {}

// SAFETY: All methods may be called by everybody at once, and `R` is `Sync`.
unsafe impl<R: PercpuRefOps> Sync for PercpuRef<R> {}

#[repr(C)]
struct Inner<R> {
    // First: C's callbacks are passed a pointer to it.
    raw: Raw,
    life: Atomic<u32>,
    ops: R,
}

// The kernel does not expect to be told twice: whoever changes it does so alone.
const LIVE: u32 = 0;
const KILLING: u32 = 1;
const DEAD: u32 = 2;
const REVIVING: u32 = 3;

impl<R> Inner<R> {
    /// Takes the life from `from`, so that nobody else does until it is given another value. `EBUSY` if
    /// somebody is in the way, `already` if nothing is to be done.
    fn take(&self, from: u32, changing: u32, in_the_way: u32, already: Error) -> Result {
        match self.life.cmpxchg(from, changing, Acquire) {
            Ok(_) => Ok(()),
            Err(now) if now == in_the_way => Err(EBUSY),
            Err(_) => Err(already),
        }
    }
}

impl<R: PercpuRefOps> PercpuRef<R> {
    /// Makes one: `percpu_ref_init` in C, with `PERCPU_REF_ALLOW_REINIT`.
    ///
    /// Context as of [`PerCpuBox::zeroed`](crate::PerCpuBox::zeroed). Fails when memory is short.
    #[doc(alias = "percpu_ref_init")]
    #[doc(alias = "PERCPU_REF_ALLOW_REINIT")]
    pub fn new(ops: R, init: PercpuRefInit, flags: Flags) -> Result<Self> {
        let inner = KBox::new(
            Inner {
                raw: Raw(Opaque::uninit()),
                life: Atomic::new(if init == PercpuRefInit::Dead {
                    DEAD
                } else {
                    LIVE
                }),
                ops,
            },
            flags,
        )?;
        let init = match init {
            PercpuRefInit::Percpu => 0,
            PercpuRefInit::Atomic => bindings::PERCPU_REF_INIT_ATOMIC,
            PercpuRefInit::Dead => bindings::PERCPU_REF_INIT_DEAD,
        };
        // SAFETY: `released` is passed a pointer to what is in an `Inner<R>`, in a box, until it is
        // dropped.
        unsafe {
            inner.raw.init(
                Self::released,
                init | bindings::PERCPU_REF_ALLOW_REINIT,
                flags,
            )?
        };
        // SAFETY: Of a box.
        let inner = unsafe { NonNull::new_unchecked(KBox::into_raw(inner)) };
        Ok(Self { inner })
    }

    /// # Safety
    ///
    /// `raw` is in an `Inner<R>`.
    unsafe extern "C" fn released(raw: *mut bindings::percpu_ref) {
        // It may hold a spinlock of the kernel's.
        let _alive = alive();
        // SAFETY: It is the first field.
        unsafe { (*raw.cast::<Inner<R>>()).ops.release() };
    }

    /// # Safety
    ///
    /// `raw` is in an `Inner<R>`.
    unsafe extern "C" fn confirmed(raw: *mut bindings::percpu_ref) {
        // It may hold a spinlock of the kernel's.
        let _alive = alive();
        // SAFETY: It is the first field.
        unsafe { (*raw.cast::<Inner<R>>()).ops.confirm_kill() };
    }

    #[inline(always)]
    fn inner(&self) -> &Inner<R> {
        // SAFETY: Valid until `self` is dropped.
        unsafe { self.inner.as_ref() }
    }

    #[inline(always)]
    fn guard(&self) -> PercpuRefGuard<'_> {
        PercpuRefGuard {
            raw: &self.inner().raw,
        }
    }

    /// A guard, unless the count is zero: `percpu_ref_tryget` in C. It succeeds after
    /// [`kill`](Self::kill) as long as there are others.
    ///
    /// May be called in any context. There is no `percpu_ref_get` but for who has a guard: cloning
    /// it.
    #[doc(alias = "percpu_ref_tryget")]
    #[inline(always)]
    pub fn tryget(&self) -> Option<PercpuRefGuard<'_>> {
        self.inner().raw.tryget().then(|| self.guard())
    }

    /// A guard, unless it was killed: `percpu_ref_tryget_live` in C.
    ///
    /// May be called in any context.
    #[doc(alias = "percpu_ref_tryget_live")]
    #[inline(always)]
    pub fn tryget_live(&self) -> Option<PercpuRefGuard<'_>> {
        self.inner().raw.tryget_live().then(|| self.guard())
    }

    /// Whether it was killed: `percpu_ref_is_dying` in C. May be called in any context.
    #[doc(alias = "percpu_ref_is_dying")]
    #[inline]
    pub fn is_dying(&self) -> bool {
        self.inner().raw.flags() & bindings::__PERCPU_REF_DEAD as usize != 0
    }

    /// Whether it was killed and all guards are gone: `percpu_ref_is_zero` in C.
    ///
    /// [`release`](PercpuRefOps::release) may not have been called yet. May be called in any context but
    /// an NMI, on PREEMPT_RT only where a `SpinLock` may be taken.
    #[doc(alias = "percpu_ref_is_zero")]
    pub fn is_zero(&self) -> bool {
        // SAFETY: Initialised.
        unsafe { bindings::percpu_ref_is_zero(self.inner().raw.as_ptr()) }
    }

    /// The kernel waits for a switch that is under way, and does not look whether its caller may sleep.
    #[track_caller]
    #[inline]
    fn may_wait(&self) {
        #[cfg(CONFIG_DEBUG_ATOMIC_SLEEP)]
        // SAFETY: Initialised, and not freed before `self` is dropped; others write to it meanwhile, hence
        // volatile.
        if unsafe {
            (&raw const (*(*self.inner().raw.as_ptr()).data).confirm_switch).read_volatile()
        }
        .is_some()
        {
            kernel::task::might_sleep();
        }
    }

    fn kill_with(
        &self,
        confirm: Option<unsafe extern "C" fn(*mut bindings::percpu_ref)>,
    ) -> Result {
        let inner = self.inner();
        inner.take(LIVE, KILLING, REVIVING, ESRCH)?;
        self.may_wait();
        // SAFETY: Initialised, and killed once; it is in an `Inner<R>`.
        unsafe { bindings::percpu_ref_kill_and_confirm(inner.raw.as_ptr(), confirm) };
        inner.life.store(DEAD, Release);
        Ok(())
    }

    /// Lets nobody in any more, and has [`release`](PercpuRefOps::release) called when all are out:
    /// `percpu_ref_kill` in C.
    ///
    /// Sleeps only if a switch to another mode is not over; otherwise may be called in any context
    /// but an NMI, on PREEMPT_RT only where a `SpinLock` may be taken.
    ///
    /// # Errors
    ///
    /// `ESRCH` if it was killed already, or somebody is just killing it. `EBUSY` if somebody is just
    /// reviving it, who goes on: it stays alive, and a task may try again. An interrupt may have
    /// interrupted just that, and must not wait for its end.
    #[doc(alias = "percpu_ref_kill")]
    pub fn kill(&self) -> Result {
        self.kill_with(None)
    }

    /// As [`kill`](Self::kill), and has [`confirm_kill`](PercpuRefOps::confirm_kill) called when no
    /// CPU lets anybody in any more: `percpu_ref_kill_and_confirm` in C.
    #[doc(alias = "percpu_ref_kill_and_confirm")]
    pub fn kill_and_confirm(&self) -> Result {
        self.kill_with(Some(Self::confirmed))
    }

    fn revive(&self, only_zero: bool) -> Result {
        let inner = self.inner();
        inner.take(DEAD, REVIVING, KILLING, EEXIST)?;
        // Zero stays zero: while it is dead nobody counts from there, nor makes it live.
        if only_zero && !self.is_zero() {
            inner.life.store(DEAD, Release);
            return Err(EBUSY);
        }
        self.may_wait();
        // SAFETY: Initialised, and dead.
        unsafe { bindings::percpu_ref_resurrect(inner.raw.as_ptr()) };
        inner.life.store(LIVE, Release);
        Ok(())
    }

    /// Makes it as new, after it was killed and all guards are gone: `percpu_ref_reinit` in C.
    ///
    /// That all are gone is looked at and acted on in one step. There may be guards before it returns;
    /// [`release`](PercpuRefOps::release) may still be running, or about to: whoever relies on what it
    /// does waits for it before.
    ///
    /// Sleeps if a switch is not over; otherwise context as of [`kill`](Self::kill).
    ///
    /// # Errors
    ///
    /// `EBUSY` if it is not zero, or somebody is just killing it. `EEXIST` if it is alive, or somebody is
    /// just reviving it.
    #[doc(alias = "percpu_ref_reinit")]
    pub fn reinit(&self) -> Result {
        self.revive(true)
    }

    /// Undoes [`kill`](Self::kill), whether all guards are gone or not: `percpu_ref_resurrect` in C.
    /// If they are, `release` was called, or is about to be.
    ///
    /// Sleeps if a switch is not over, as that of a `kill` before may be; otherwise context as of
    /// [`kill`](Self::kill).
    ///
    /// # Errors
    ///
    /// `EEXIST` if it is alive, or somebody is just reviving it. `EBUSY` if somebody is just killing it.
    #[doc(alias = "percpu_ref_resurrect")]
    pub fn resurrect(&self) -> Result {
        self.revive(false)
    }

    /// Counts in one place from now on: `percpu_ref_switch_to_atomic` in C.
    ///
    /// Sleeps if a switch is not over; otherwise context as of [`kill`](Self::kill).
    #[doc(alias = "percpu_ref_switch_to_atomic")]
    pub fn switch_to_atomic(&self) {
        self.may_wait();
        // SAFETY: Initialised.
        unsafe { bindings::percpu_ref_switch_to_atomic(self.inner().raw.as_ptr(), None) };
    }

    /// As [`switch_to_atomic`](Self::switch_to_atomic), and waits until it is so:
    /// `percpu_ref_switch_to_atomic_sync` in C. Sleeps. It may be otherwise by the time that this returns, if
    /// somebody switches it back.
    #[doc(alias = "percpu_ref_switch_to_atomic_sync")]
    pub fn switch_to_atomic_sync(&self) {
        kernel::task::might_sleep();
        // SAFETY: Initialised.
        unsafe { bindings::percpu_ref_switch_to_atomic_sync(self.inner().raw.as_ptr()) };
    }

    /// Counts per CPU again, when it is not dead: `percpu_ref_switch_to_percpu` in C.
    ///
    /// Sleeps if a switch is not over; otherwise context as of [`kill`](Self::kill).
    #[doc(alias = "percpu_ref_switch_to_percpu")]
    pub fn switch_to_percpu(&self) {
        self.may_wait();
        // SAFETY: Initialised, with PERCPU_REF_ALLOW_REINIT.
        unsafe { bindings::percpu_ref_switch_to_percpu(self.inner().raw.as_ptr()) };
    }
}

impl<R: PercpuRefOps> Deref for PercpuRef<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.inner().ops
    }
}

impl<R: PercpuRefOps> Drop for PercpuRef<R> {
    fn drop(&mut self) {
        let _dead_already = self.kill();
        // What the kernel has under way ends in an RCU callback. Guards borrow `self`, so there are
        // none but those that were forgotten, and nobody is dropping one.
        // SAFETY: May sleep here.
        unsafe { bindings::rcu_barrier() };
        // SAFETY: Initialised, and nobody uses it any more.
        unsafe { bindings::percpu_ref_exit(self.inner().raw.as_ptr()) };
        // SAFETY: From `into_raw`, in `new`.
        drop(unsafe { KBox::from_raw(self.inner.as_ptr()) });
    }
}

/// Keeps a [`PercpuRef`] from coming to zero. `percpu_ref_put` in C when dropped; a clone is
/// `percpu_ref_get`.
///
/// May be cloned and dropped in any context, by any task; the last one to be dropped after a kill calls
/// [`release`](PercpuRefOps::release) there.
#[doc(alias = "percpu_ref_get")]
#[doc(alias = "percpu_ref_put")]
#[must_use = "the count goes down when the guard is dropped"]
pub struct PercpuRefGuard<'a> {
    raw: &'a Raw,
}

impl Clone for PercpuRefGuard<'_> {
    #[inline(always)]
    fn clone(&self) -> Self {
        // SAFETY: This guard keeps the count above zero.
        unsafe { self.raw.get() };
        Self { raw: self.raw }
    }
}

impl Drop for PercpuRefGuard<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: The guard has a count.
        unsafe { self.raw.put() };
    }
}

/// A [`PercpuArc`]'s first one: as long as it exists, clones are counted per CPU.
///
/// Dropping it has them counted in one place, for which it waits (`rcu_barrier`); it may sleep. The
/// value is dropped with the last of all.
#[cfg(CONFIG_64BIT)]
pub struct PercpuArcOwner<T>(PercpuArc<T>);

/// A counted pointer, as `Arc`, but that cloning and dropping it change a count of this CPU alone:
/// `percpu_ref_get` and `percpu_ref_put` in C.
///
/// May be cloned in any context. Dropped in any that may free memory and drop a `T`, as it may be the
/// last: not in an NMI, on PREEMPT_RT only where a `SpinLock` may be taken.
///
/// Only on 64 bits: on 32, `core::mem::forget` could overflow the count in minutes.
///
/// ```
/// # #[cfg(CONFIG_64BIT)]
/// # {
/// struct Device(u32);
///
/// let device = PercpuArc::new(Device(7), GFP_KERNEL)?; // the owner
/// let user: PercpuArc<Device> = device.get();
/// # assert_eq!(user.0, 7);
/// # }
/// ```
#[cfg(CONFIG_64BIT)]
pub struct PercpuArc<T> {
    inner: NonNull<ArcInner<T>>,
    _owns: core::marker::PhantomData<T>,
}

#[cfg(CONFIG_64BIT)]
struct ArcInner<T> {
    raw: Raw,
    value: T,
}

#[cfg(CONFIG_64BIT)]
mod arc {
    use super::*;

    // SAFETY: As for `Arc`: it lends `&T` to any task, and any may be the one to drop the `T`.
    unsafe impl<T: Send + Sync> Send for PercpuArc<T> {}

    // SAFETY: As for `Send`.
    unsafe impl<T: Send + Sync> Sync for PercpuArc<T> {}

    /// What it points at does not move with it.
    impl<T> Unpin for PercpuArc<T> {}

    /// The count does not come to zero where the kernel counts: the owner still has one.
    #[inline]
    extern "C" fn released(_: *mut bindings::percpu_ref) {
        kernel::warn_on!(true);
    }

    impl<T> PercpuArc<T> {
        /// Allocates it.
        ///
        /// Context as of [`PerCpuBox::zeroed`](crate::PerCpuBox::zeroed). Fails when memory is short.
        #[allow(clippy::new_ret_no_self)] // The owner comes first.
        pub fn new(value: T, flags: Flags) -> Result<PercpuArcOwner<T>> {
            let inner = KBox::new(
                ArcInner {
                    raw: Raw(Opaque::uninit()),
                    value,
                },
                flags,
            )?;
            // SAFETY: In a box, until the count is zero.
            unsafe { inner.raw.init(released, 0, flags)? };
            // The first count is the kernel's, until `percpu_ref_kill`. This one is the owner's.
            // SAFETY: The first one is there.
            unsafe { inner.raw.get() };
            Ok(PercpuArcOwner(PercpuArc {
                // SAFETY: Of a box.
                inner: unsafe { NonNull::new_unchecked(KBox::into_raw(inner)) },
                _owns: core::marker::PhantomData,
            }))
        }

        #[inline(always)]
        fn raw(&self) -> &Raw {
            // SAFETY: Valid as long as there is a count.
            unsafe { &(*self.inner.as_ptr()).raw }
        }

        /// One more, unless the owner is gone or going: `percpu_ref_tryget_live` in C. May be called in
        /// any context.
        #[inline(always)]
        pub fn tryget_live(&self) -> Option<Self> {
            // Made only if there is a count for it: it will be dropped.
            self.raw().tryget_live().then(|| Self {
                inner: self.inner,
                _owns: core::marker::PhantomData,
            })
        }
    }

    impl<T> Clone for PercpuArc<T> {
        #[inline(always)]
        fn clone(&self) -> Self {
            // SAFETY: This one keeps the count above zero.
            unsafe { self.raw().get() };
            Self {
                inner: self.inner,
                _owns: core::marker::PhantomData,
            }
        }
    }

    impl<T> Deref for PercpuArc<T> {
        type Target = T;

        #[inline(always)]
        fn deref(&self) -> &T {
            // SAFETY: Valid as long as there is a count.
            unsafe { &self.inner.as_ref().value }
        }
    }

    impl<T> Drop for PercpuArc<T> {
        #[inline(always)]
        fn drop(&mut self) {
            // SAFETY: This one has a count, and does not use the value any more.
            if unsafe { self.raw().put_and_test() } {
                // SAFETY: It was the last.
                unsafe { free(self.inner) };
            }
        }
    }

    /// # Safety
    ///
    /// The count is zero, and was brought there by the caller.
    #[cold]
    unsafe fn free<T>(inner: NonNull<ArcInner<T>>) {
        // SAFETY: From `into_raw`, in `new`.
        let inner = unsafe { KBox::from_raw(inner.as_ptr()) };
        // SAFETY: Initialised, and nobody uses it any more: the kernel was done before the owner
        // gave up its count.
        unsafe { bindings::percpu_ref_exit(inner.raw.as_ptr()) };
    }

    impl<T> PercpuArcOwner<T> {
        /// One more: `percpu_ref_get` in C.
        ///
        /// May be called in any context.
        #[inline(always)]
        pub fn get(&self) -> PercpuArc<T> {
            self.0.clone()
        }
    }

    impl<T> Deref for PercpuArcOwner<T> {
        type Target = T;

        #[inline(always)]
        fn deref(&self) -> &T {
            &self.0
        }
    }

    impl<T> Drop for PercpuArcOwner<T> {
        fn drop(&mut self) {
            // SAFETY: Initialised, and killed here alone.
            unsafe { bindings::percpu_ref_kill_and_confirm(self.0.raw().as_ptr(), None) };
            // SAFETY: May sleep here. After it the kernel does not touch the count by itself any
            // more, and what it counted is in one place. The owner's own is there until after this.
            unsafe { bindings::rcu_barrier() };
        }
    }
}

/// `struct percpu_ref`, initialised.
#[repr(transparent)]
struct Raw(Opaque<bindings::percpu_ref>);

// SAFETY: It belongs to no task.
unsafe impl Send for Raw {}

// SAFETY: All that is done to it may be done by everybody at once.
unsafe impl Sync for Raw {}

impl Raw {
    #[inline(always)]
    fn as_ptr(&self) -> *mut bindings::percpu_ref {
        self.0.get()
    }

    /// # Safety
    ///
    /// `self` does not move until `percpu_ref_exit`. `release` may be called with a pointer to it.
    #[inline]
    unsafe fn init(
        &self,
        release: unsafe extern "C" fn(*mut bindings::percpu_ref),
        init: u32,
        flags: Flags,
    ) -> Result {
        // SAFETY: `Flags` is a `u32` and nothing else; it keeps that to itself.
        let gfp = unsafe { core::mem::transmute::<Flags, u32>(flags) };
        // SAFETY: By the caller's promise.
        to_result(unsafe { bindings::percpu_ref_init(self.as_ptr(), Some(release), init, gfp) })
    }

    /// The pointer to the counts, and flags in its low bits.
    #[inline(always)]
    fn flags(&self) -> usize {
        // SAFETY: Initialised. The kernel changes it by single writes.
        unsafe { (&raw const (*self.as_ptr()).percpu_count_ptr).read_volatile() }
    }

    /// The counts, as long as it counts per CPU: `__ref_is_percpu` in C.
    ///
    /// Of use only inside `rcu`.
    #[inline(always)]
    fn counts(&self) -> Option<Allocated<usize>> {
        let ptr = self.flags();
        if ptr & bindings::__PERCPU_REF_ATOMIC_DEAD as usize != 0 {
            return None;
        }
        let ptr = core::ptr::with_exposed_provenance_mut(ptr);
        // SAFETY: Allocated by `percpu_ref_init`, and freed after an RCU grace period in which the
        // flags are set. Nothing but such operations changes them.
        Some(unsafe { Allocated::new(NonNull::new_unchecked(ptr)) })
    }

    /// # Safety
    ///
    /// The count is above zero, and stays there until it is done.
    #[inline(always)]
    unsafe fn get(&self) {
        rcu(|| match self.counts() {
            // SAFETY: As `counts` says, for this and the others.
            Some(counts) => unsafe { counts.inc::<usize, Zero, place::Atomic>(Zero) },
            // SAFETY: By the caller's promise.
            None => unsafe { percpu_abi::rust_percpu_ref_get(self.as_ptr()) },
        });
    }

    #[inline(always)]
    fn tryget(&self) -> bool {
        rcu(|| match self.counts() {
            Some(counts) => {
                // SAFETY: As in `get`.
                unsafe { counts.inc::<usize, Zero, place::Atomic>(Zero) };
                true
            }
            // SAFETY: Initialised.
            None => unsafe { percpu_abi::rust_percpu_ref_tryget(self.as_ptr()) },
        })
    }

    #[inline(always)]
    fn tryget_live(&self) -> bool {
        rcu(|| match self.counts() {
            Some(counts) => {
                // SAFETY: As in `get`.
                unsafe { counts.inc::<usize, Zero, place::Atomic>(Zero) };
                true
            }
            // SAFETY: Initialised.
            None => unsafe { percpu_abi::rust_percpu_ref_tryget_live(self.as_ptr()) },
        })
    }

    /// # Safety
    ///
    /// The caller has a count, which it gives up.
    #[inline(always)]
    unsafe fn put(&self) {
        rcu(|| match self.counts() {
            // SAFETY: As in `get`.
            Some(counts) => unsafe { counts.dec::<usize, Zero, place::Atomic>(Zero) },
            // SAFETY: By the caller's promise.
            None => unsafe { percpu_abi::rust_percpu_ref_put(self.as_ptr()) },
        });
    }

    /// As `put`; true if it was the last, for which `release` is not called.
    ///
    /// # Safety
    ///
    /// The caller has a count, which it gives up.
    #[cfg(CONFIG_64BIT)]
    #[inline(always)]
    unsafe fn put_and_test(&self) -> bool {
        rcu(|| match self.counts() {
            Some(counts) => {
                // SAFETY: As in `get`.
                unsafe { counts.dec::<usize, Zero, place::Atomic>(Zero) };
                false
            }
            // SAFETY: By the caller's promise.
            None => unsafe { percpu_abi::rust_percpu_ref_put_and_test(self.as_ptr()) },
        })
    }
}

/// Calls `f` between `rcu_read_lock` and `rcu_read_unlock`, which are inline in C.
#[inline(always)]
fn rcu<R>(f: impl FnOnce() -> R) -> R {
    // Where lockdep or a debug option wants to know, C's own.
    #[cfg(not(any(
        CONFIG_PREEMPT_RCU,
        CONFIG_DEBUG_LOCK_ALLOC,
        CONFIG_RCU_STRICT_GRACE_PERIOD
    )))]
    use crate::arch::{
        preempt_disable as lock,
        preempt_enable as unlock, //
    };
    #[cfg(all(
        CONFIG_PREEMPT_RCU,
        not(any(CONFIG_DEBUG_LOCK_ALLOC, CONFIG_RCU_STRICT_GRACE_PERIOD))
    ))]
    use bindings::{
        __rcu_read_lock as lock,
        __rcu_read_unlock as unlock, //
    };
    #[cfg(any(CONFIG_DEBUG_LOCK_ALLOC, CONFIG_RCU_STRICT_GRACE_PERIOD))]
    use percpu_abi::{
        rust_percpu_rcu_read_lock as lock,
        rust_percpu_rcu_read_unlock as unlock, //
    };

    // SAFETY: Undone below.
    unsafe { lock() };
    let result = f();
    // SAFETY: Undoes what was done above.
    unsafe { unlock() };
    result
}
