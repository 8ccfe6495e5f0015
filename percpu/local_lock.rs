// SPDX-License-Identifier: GPL-2.0

//! A lock in each copy, for what only its own CPU works on.
//!
//! C headers: [`include/linux/local_lock.h`](srctree/include/linux/local_lock.h),
//! [`include/linux/local_lock_internal.h`](srctree/include/linux/local_lock_internal.h)

use crate::{
    place::{
        self,
        Place, //
    },
    PerCpu,
};
use core::{
    cell::UnsafeCell,
    mem::ManuallyDrop,
    pin::Pin,
    ptr::NonNull, //
};
use kernel::sync::LockClassKey;

/// One CPU's copy of a `T`, and the lock that lends it as `&mut T`: `local_trylock_t` in C, with the
/// data inside.
///
/// Made by [`new_local_lock!`](crate::new_local_lock), in a static variable or a
/// [`PerCpuBox`](crate::PerCpuBox), and locked by the methods of [`PerCpu`]:
///
/// | method | keeps off | where it is held already |
/// |---|---|---|
/// | [`local_lock`](PerCpu::local_lock) | other tasks on the CPU | panics, as `RefCell` does |
/// | [`local_lock_irqsave`](PerCpu::local_lock_irqsave) | interrupts too | panics |
/// | [`local_trylock`](PerCpu::local_trylock), [`local_trylock_irqsave`](PerCpu::local_trylock_irqsave) | as above | return `None` |
///
/// Interrupts may ask for what the task they interrupted holds, so a variable that interrupts lock
/// is locked by `_irqsave` in tasks, or by `trylock` in interrupts. C's `local_lock_t` has no notion
/// of being held, and would let two in.
///
/// On PREEMPT_RT it is a spinlock for each CPU, as in C: the task may be preempted and waits for
/// others, and interrupts stay on whatever the name says. There, a hard interrupt always gets `None`, or
/// panics.
///
/// If the task that holds it is killed, by a panic, it stays locked, and its value is never dropped. For
/// that it has a `Drop`, so a static variable may be a `LocalLock`, but not a structure with one in it.
///
/// ```
/// define_per_cpu! {
///     static RECENT: LocalLock<[u32; 4]> = new_local_lock!([0; 4]);
/// }
///
/// RECENT.local_lock(|recent| recent[0] = 1);
/// ```
#[doc(alias = "local_lock_t")]
#[doc(alias = "local_trylock_t")]
pub struct LocalLock<T> {
    raw: raw::Lock,
    data: UnsafeCell<ManuallyDrop<T>>,
}

// SAFETY: The lock belongs to nobody while nobody holds it, and who holds it borrows it.
unsafe impl<T: Send> Send for LocalLock<T> {}

/// Makes a [`LocalLock`] of a value: `INIT_LOCAL_TRYLOCK` and `local_trylock_init` in C.
///
/// May be the initial value of a static variable. To lockdep, all that one line makes is one class of
/// locks, named by file and line.
#[doc(alias = "INIT_LOCAL_LOCK")]
#[doc(alias = "INIT_LOCAL_TRYLOCK")]
#[doc(alias = "local_lock_init")]
#[doc(alias = "local_trylock_init")]
#[macro_export]
macro_rules! new_local_lock {
    ($value:expr $(,)?) => {
        $crate::LocalLock::new(
            $value,
            $crate::__core::concat!($crate::__core::file!(), ":", $crate::__core::line!(), "\0"),
            $crate::__kernel::static_lock_class!(),
        )
    };
}

impl<T> LocalLock<T> {
    /// `name` ends with a zero.
    #[doc(hidden)]
    pub const fn new(value: T, name: &'static str, class: Pin<&'static LockClassKey>) -> Self {
        // Anybody can call it.
        assert!(matches!(name.as_bytes(), [.., 0]));
        Self {
            raw: raw::Lock::new(name, class),
            data: UnsafeCell::new(ManuallyDrop::new(value)),
        }
    }

    /// The value, of a copy that nobody else has.
    ///
    /// # Panics
    ///
    /// If somebody was killed while holding it, as the value may be half-way.
    #[inline]
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        if raw::is_held(&mut self.raw) {
            held::<T>();
        }
        self.data.get_mut()
    }

    /// The value, of a copy that is given up.
    ///
    /// # Panics
    ///
    /// As [`get_mut`](Self::get_mut).
    #[inline]
    #[track_caller]
    pub fn into_inner(self) -> T {
        let mut this = ManuallyDrop::new(self);
        let value: *mut T = this.get_mut();
        // SAFETY: The value is `this`'s, which is not dropped.
        unsafe { value.read() }
    }
}

/// A value whose holder was killed is not dropped: it may be half-way.
impl<T> Drop for LocalLock<T> {
    #[inline]
    fn drop(&mut self) {
        if !raw::is_held(&mut self.raw) {
            // SAFETY: Dropped here and nowhere else.
            unsafe { ManuallyDrop::drop(self.data.get_mut()) };
        }
    }
}

impl<P, T> PerCpu<P>
where
    P: Place<Target = LocalLock<T>>,
{
    /// Lends this CPU's copy to `f`: `local_lock` and `local_unlock` in C.
    ///
    /// `f` must not sleep; on PREEMPT_RT it may take a `SpinLock`. May be called in any context but an NMI,
    /// but where interrupts call it too, one may find that the task holds it. On PREEMPT_RT it may wait for
    /// another task: only where a `SpinLock` may be taken.
    ///
    /// # Panics
    ///
    /// If it is held already on this CPU; on PREEMPT_RT, by this task.
    #[doc(alias = "local_unlock")]
    #[inline(always)]
    #[track_caller]
    pub fn local_lock<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: Whoever has a `PerCpu` keeps the copies valid as long as that is borrowed.
        match unsafe { raw::local_lock(self.as_ptr()) } {
            Some(lock) => Self::lend(lock, f),
            None => held::<T>(),
        }
    }

    /// Lends this CPU's copy to `f`, unless it is held already: `local_trylock` and `local_unlock`
    /// in C.
    ///
    /// May be called in any context; `f` must not sleep. On PREEMPT_RT `None` in any hard interrupt.
    #[inline(always)]
    pub fn local_trylock<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        // SAFETY: As in `local_lock`.
        unsafe { raw::local_trylock(self.as_ptr()) }.map(|lock| Self::lend(lock, f))
    }

    /// Lends a copy that this task just locked, and unlocks it.
    #[inline(always)]
    fn lend<R>(lock: NonNull<LocalLock<T>>, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: The copy is locked by the caller, who lends it to nobody but `f`.
        let result = f(unsafe { &mut *(*lock.as_ptr()).data.get() });
        // SAFETY: Locked by the caller. It is the copy that was locked, even if the task slept and is
        // on another CPU now.
        unsafe { raw::local_unlock(lock) };
        result
    }

    /// Lends this CPU's copy to `f`, with interrupts off: `local_lock_irqsave` in C, and
    /// `local_unlock_irqrestore`.
    ///
    /// Context as for [`irqs_off`](crate::irqs_off), and nothing must be done in `f` that is forbidden
    /// there. On PREEMPT_RT interrupts stay on, and it is as
    /// [`local_lock`](Self::local_lock).
    ///
    /// # Panics
    ///
    /// As [`local_lock`](Self::local_lock).
    #[doc(alias = "local_unlock_irqrestore")]
    #[inline(always)]
    #[track_caller]
    pub fn local_lock_irqsave<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        match self.local_trylock_irqsave_or(f, raw::LOCK) {
            Some(result) => result,
            None => held::<T>(),
        }
    }

    /// Lends this CPU's copy to `f`, with interrupts off, unless it is held already:
    /// `local_trylock_irqsave` in C, and `local_unlock_irqrestore`.
    ///
    /// Otherwise as [`local_lock_irqsave`](Self::local_lock_irqsave). On PREEMPT_RT `None` in any
    /// hard interrupt.
    #[inline(always)]
    pub fn local_trylock_irqsave<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.local_trylock_irqsave_or(f, raw::TRYLOCK)
    }

    #[inline(always)]
    fn local_trylock_irqsave_or<R>(&self, f: impl FnOnce(&mut T) -> R, how: raw::How) -> Option<R> {
        raw::irqsave(|| {
            // SAFETY: As in `local_lock`; inside `irqsave`.
            let lock = unsafe { raw::acquire(self.as_ptr(), how) }?;
            // SAFETY: The copy is locked by this call, which lends it to nobody but `f`.
            let result = f(unsafe { &mut *(*lock.as_ptr()).data.get() });
            // SAFETY: Locked above.
            unsafe { raw::release(lock) };
            Some(result)
        })
    }

    /// Lends the copy of a dead CPU to `f`, unless somebody held it when it died, as a task did that was
    /// killed. `f` may lock this CPU's copy, to move there what is left.
    ///
    /// May be called where there is a [`DeadCpu`](crate::DeadCpu). On PREEMPT_RT `f` must not sleep, but may take
    /// a `SpinLock`.
    ///
    /// ```
    /// define_per_cpu! {
    ///     static SPARE: LocalLock<u32> = new_local_lock!(0);
    /// }
    ///
    /// struct Move;
    ///
    /// impl CpuHotplug for Move {
    ///     fn dead(&self, dead: &DeadCpu) {
    ///         SPARE.dead_cpu_trylock(dead, |left| SPARE.local_lock(|here| *here += core::mem::take(left)));
    ///     }
    /// }
    ///
    /// let _hotplug = Cpuhp::new(c"spare:moved", Move)?;
    /// ```
    #[inline]
    pub fn dead_cpu_trylock<R>(
        &self,
        dead: &crate::DeadCpu,
        f: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let lock = NonNull::new(place::per_cpu_ptr(self.as_ptr(), dead.cpu().into()))?;
        // SAFETY: A possible CPU's copy is valid as long as `self`. It is dead, so nobody locks it
        // but who has the proof, which is in this task alone.
        if !unsafe { raw::dead_trylock(lock) } {
            return None;
        }
        // SAFETY: The copy is locked by this call, which lends it to nobody but `f`.
        let result = f(unsafe { &mut *(*lock.as_ptr()).data.get() });
        // SAFETY: Locked above.
        unsafe { raw::dead_unlock(lock) };
        Some(result)
    }
}

// Generic to be code of the module that calls it: percpu.o has none.
#[allow(clippy::extra_unused_type_parameters)]
#[cold]
#[inline(never)]
#[track_caller]
fn held<T>() -> ! {
    panic!("LocalLock: held already on this CPU");
}

/// What lockdep knows a lock by, as C's `LOCAL_LOCK_DEBUG_INIT` and `local_lock_init` have it.
#[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
const fn dep_map(
    name: &'static str,
    class: Pin<&'static LockClassKey>,
) -> kernel::bindings::lockdep_map {
    use kernel::bindings::*;

    lockdep_map {
        key: core::ptr::from_ref(class.get_ref()).cast_mut().cast(),
        name: name.as_ptr().cast(),
        wait_type_inner: lockdep_wait_type_LD_WAIT_CONFIG as u8,
        lock_type: lockdep_lock_type_LD_LOCK_PERCPU as u8,
        // SAFETY: Zero is a value of each field.
        ..unsafe { core::mem::MaybeUninit::zeroed().assume_init() }
    }
}

/// Preemption off, and a flag in the copy. Interrupts that come between looking at the flag and
/// setting it are over by then, and so is what they locked.
#[cfg(not(CONFIG_PREEMPT_RT))]
mod raw {
    use super::*;
    use crate::arch;
    use core::sync::atomic::{
        compiler_fence,
        Ordering::SeqCst, //
    };
    #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
    use kernel::bindings;

    /// Whether lockdep may complain: of `local_lock` it does.
    pub(super) type How = bool;
    pub(super) const LOCK: How = false;
    pub(super) const TRYLOCK: How = true;

    pub(super) struct Lock {
        acquired: UnsafeCell<u8>,
        #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
        lockdep: UnsafeCell<bindings::local_lock_t>,
    }

    impl Lock {
        pub(super) const fn new(name: &'static str, class: Pin<&'static LockClassKey>) -> Self {
            let _ = (name, class);
            Self {
                acquired: UnsafeCell::new(0),
                // As INIT_LOCAL_LOCK, and what `__local_lock_init` adds.
                #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
                lockdep: UnsafeCell::new(bindings::local_lock {
                    dep_map: dep_map(name, class),
                    owner: core::ptr::null_mut(),
                }),
            }
        }
    }

    /// Locks this CPU's copy, or says that it is held.
    ///
    /// # Safety
    ///
    /// `lock` is a per-CPU pointer, with valid copies. The task stays on its CPU, and nobody else
    /// runs there but interrupts, until `release`.
    #[inline(always)]
    pub(super) unsafe fn acquire<T>(
        lock: *mut LocalLock<T>,
        how: How,
    ) -> Option<NonNull<LocalLock<T>>> {
        let lock = arch::raw_cpu_ptr(lock);
        // SAFETY: By the caller's promise.
        let raw = unsafe { &(*lock).raw };
        let _ = how;
        let acquired = raw.acquired.get();
        // SAFETY: On this CPU alone is the flag looked at, and what interrupts it puts it back.
        unsafe {
            if acquired.read_volatile() != 0 {
                #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
                {
                    if how == LOCK {
                        // So that lockdep says what is wrong, too.
                        percpu_abi::rust_percpu_local_lock_acquire(raw.lockdep.get());
                    }
                }
                return None;
            }
            acquired.write_volatile(1);
        }
        #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
        // SAFETY: Preemption is off. After the flag is set, as whoever interrupts this would show
        // lockdep the same lock.
        unsafe {
            if how == LOCK {
                percpu_abi::rust_percpu_local_lock_acquire(raw.lockdep.get());
            } else {
                percpu_abi::rust_percpu_local_trylock_acquire(raw.lockdep.get());
            }
        }
        // What is done to the data is done after the flag is set, as interrupts see it.
        compiler_fence(SeqCst);
        // SAFETY: The address of a copy.
        Some(unsafe { NonNull::new_unchecked(lock) })
    }

    /// # Safety
    ///
    /// `lock` was made by `acquire`, and nobody uses its data any more.
    #[inline(always)]
    pub(super) unsafe fn release<T>(lock: NonNull<LocalLock<T>>) {
        // SAFETY: By the caller's promise.
        let raw = unsafe { &lock.as_ref().raw };
        // As interrupts see it.
        compiler_fence(SeqCst);
        #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
        // SAFETY: Acquired by this task.
        unsafe {
            percpu_abi::rust_percpu_local_lock_release(raw.lockdep.get())
        };
        // SAFETY: As in `acquire`; who holds the lock is alone to change the flag.
        unsafe { raw.acquired.get().write_volatile(0) };
    }

    /// # Safety
    ///
    /// `lock` is a per-CPU pointer, with valid copies.
    #[inline(always)]
    pub(super) unsafe fn local_lock<T>(lock: *mut LocalLock<T>) -> Option<NonNull<LocalLock<T>>> {
        // SAFETY: Undone below, or by `local_unlock`.
        unsafe { arch::preempt_disable() };
        // SAFETY: By the caller's promise. Who is refused will not go on, so preemption stays off.
        unsafe { acquire(lock, LOCK) }
    }

    /// # Safety
    ///
    /// `lock` is a per-CPU pointer, with valid copies.
    #[inline(always)]
    pub(super) unsafe fn local_trylock<T>(
        lock: *mut LocalLock<T>,
    ) -> Option<NonNull<LocalLock<T>>> {
        // SAFETY: Undone below, or by `local_unlock`.
        unsafe { arch::preempt_disable() };
        // SAFETY: By the caller's promise.
        let acquired = unsafe { acquire(lock, TRYLOCK) };
        if acquired.is_none() {
            // SAFETY: Undoes what was done above.
            unsafe { arch::preempt_enable() };
        }
        acquired
    }

    /// # Safety
    ///
    /// `lock` was made by `local_lock` or `local_trylock`, by this task, and nobody uses its data
    /// any more.
    #[inline(always)]
    pub(super) unsafe fn local_unlock<T>(lock: NonNull<LocalLock<T>>) {
        // SAFETY: By the caller's promise.
        unsafe { release(lock) };
        // SAFETY: Undoes what was done when it was locked.
        unsafe { arch::preempt_enable() };
    }

    #[inline(always)]
    pub(super) fn irqsave<R>(f: impl FnOnce() -> R) -> R {
        crate::irqs_off(|_| f())
    }

    /// Whether a lock that nobody uses is held: by who was killed.
    #[inline]
    pub(super) fn is_held(lock: &mut Lock) -> bool {
        *lock.acquired.get_mut() != 0
    }

    /// # Safety
    ///
    /// `lock` is a valid copy of a dead CPU.
    pub(super) unsafe fn dead_trylock<T>(lock: NonNull<LocalLock<T>>) -> bool {
        // SAFETY: By the caller's promise; nobody else looks at the flag.
        unsafe {
            let acquired = lock.as_ref().raw.acquired.get();
            core::ptr::replace(acquired, 1) == 0
        }
    }

    /// # Safety
    ///
    /// `lock` was locked by `dead_trylock`, and nobody uses its data any more.
    pub(super) unsafe fn dead_unlock<T>(lock: NonNull<LocalLock<T>>) {
        // SAFETY: By the caller's promise.
        unsafe { lock.as_ref().raw.acquired.get().write(0) };
    }
}

/// C's spinlock, with migration off.
#[cfg(CONFIG_PREEMPT_RT)]
mod raw {
    use super::*;
    use kernel::bindings;

    type Raw = *mut bindings::local_trylock_t;
    pub(super) type How = unsafe extern "C" fn(Raw) -> Raw;
    /// Null if this task holds it.
    pub(super) const LOCK: How = percpu_abi::rust_percpu_local_lock;
    pub(super) const TRYLOCK: How = percpu_abi::rust_percpu_local_trylock;

    #[repr(transparent)]
    pub(super) struct Lock(UnsafeCell<bindings::local_trylock_t>);

    impl Lock {
        pub(super) const fn new(name: &'static str, class: Pin<&'static LockClassKey>) -> Self {
            let _ = (name, class);
            Self(UnsafeCell::new(bindings::spinlock {
                #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
                dep_map: dep_map(name, class),
                // SAFETY: percpu_abi/local_lock.c asserts that an unlocked one is all zero; where it is not, as
                // locks are debugged, it does so before the lock is taken first.
                ..unsafe { core::mem::MaybeUninit::zeroed().assume_init() }
            }))
        }
    }

    #[inline(always)]
    fn raw<T>(lock: *mut LocalLock<T>) -> *mut bindings::local_trylock_t {
        // The lock is at some offset, which may be added to a per-CPU pointer, too.
        lock.wrapping_byte_add(core::mem::offset_of!(LocalLock<T>, raw))
            .cast()
    }

    /// # Safety
    ///
    /// `lock` is a per-CPU pointer, with valid copies.
    #[inline(always)]
    pub(super) unsafe fn acquire<T>(
        lock: *mut LocalLock<T>,
        how: How,
    ) -> Option<NonNull<LocalLock<T>>> {
        // SAFETY: By the caller's promise. Migration stays off if it succeeds.
        let copy = NonNull::new(unsafe { how(raw(lock)) })?;
        // SAFETY: It is in a copy, at that offset.
        Some(unsafe { copy.byte_sub(core::mem::offset_of!(LocalLock<T>, raw)) }.cast())
    }

    /// # Safety
    ///
    /// `lock` was made by `acquire`, by this task, and nobody uses its data any more.
    #[inline(always)]
    pub(super) unsafe fn release<T>(lock: NonNull<LocalLock<T>>) {
        // SAFETY: By the caller's promise.
        unsafe { percpu_abi::rust_percpu_local_unlock(raw(lock.as_ptr())) };
    }

    /// # Safety
    ///
    /// As for `acquire`.
    #[inline(always)]
    pub(super) unsafe fn local_lock<T>(lock: *mut LocalLock<T>) -> Option<NonNull<LocalLock<T>>> {
        // SAFETY: By the caller's promise.
        unsafe { acquire(lock, LOCK) }
    }

    /// # Safety
    ///
    /// As for `acquire`.
    #[inline(always)]
    pub(super) unsafe fn local_trylock<T>(
        lock: *mut LocalLock<T>,
    ) -> Option<NonNull<LocalLock<T>>> {
        // SAFETY: By the caller's promise.
        unsafe { acquire(lock, TRYLOCK) }
    }

    pub(super) use release as local_unlock;

    /// C does not turn them off either.
    #[inline(always)]
    pub(super) fn irqsave<R>(f: impl FnOnce() -> R) -> R {
        f()
    }

    /// Whether a lock that nobody uses is held: by who was killed.
    #[inline]
    pub(super) fn is_held(lock: &mut Lock) -> bool {
        // SAFETY: A lock.
        unsafe { percpu_abi::rust_percpu_local_lock_is_held(lock.0.get()) }
    }

    /// # Safety
    ///
    /// `lock` is a valid copy of a dead CPU.
    pub(super) unsafe fn dead_trylock<T>(lock: NonNull<LocalLock<T>>) -> bool {
        // SAFETY: By the caller's promise.
        unsafe { percpu_abi::rust_percpu_dead_trylock(raw(lock.as_ptr())) }
    }

    /// # Safety
    ///
    /// `lock` was locked by `dead_trylock`, and nobody uses its data any more.
    pub(super) unsafe fn dead_unlock<T>(lock: NonNull<LocalLock<T>>) {
        // SAFETY: By the caller's promise.
        unsafe { percpu_abi::rust_percpu_dead_unlock(raw(lock.as_ptr())) };
    }
}
