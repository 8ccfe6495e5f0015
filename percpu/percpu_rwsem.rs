// SPDX-License-Identifier: GPL-2.0

//! A lock for many readers and few writers: readers count on their own CPU.
//!
//! C header: [`include/linux/percpu-rwsem.h`](srctree/include/linux/percpu-rwsem.h)

use crate::level::on_a_level;
use core::{
    cell::UnsafeCell,
    pin::Pin,
    ptr::NonNull, //
};
use kernel::{
    alloc::Flags,
    bindings,
    error::to_result,
    prelude::*,
    str::CStr,
    sync::LockClassKey,
    types::Opaque, //
};

/// A `T` behind a `struct percpu_rw_semaphore`.
///
/// Reading costs an increment and a decrement of this CPU's count. A writer waits for an RCU grace
/// period, and has all readers that come meanwhile wait.
///
/// It is always allocated, by [`new_percpu_rwsem!`](crate::new_percpu_rwsem): a task that is killed
/// takes its stack away, while RCU may still use the lock. Dropping it waits for that, and may sleep.
///
/// It lends to closures, each of which takes stack: the kernel counts readers in 32 bits, and guards could be
/// forgotten until there seem to be none.
///
/// ```
/// let routes = new_percpu_rwsem!([0u32; 4], GFP_KERNEL)?;
/// let first = routes.read(|routes| routes[0]);
/// routes.write(|routes| routes[0] = first + 1);
/// # assert_eq!(routes.read(|routes| routes[0]), 1);
/// ```
#[doc(alias = "percpu_rw_semaphore")]
#[doc(alias = "percpu_free_rwsem")]
pub struct PercpuRwSemaphore<T> {
    inner: NonNull<Inner<T>>,
}

#[repr(C)]
struct Inner<T> {
    // First: tests look at its counts.
    sem: Opaque<bindings::percpu_rw_semaphore>,
    data: UnsafeCell<T>,
}

// SAFETY: It belongs to no task, and with it goes the `T`.
unsafe impl<T: Send> Send for PercpuRwSemaphore<T> {}

// SAFETY: Readers share the `T`, writers may take it out.
unsafe impl<T: Send + Sync> Sync for PercpuRwSemaphore<T> {}

/// Makes a [`PercpuRwSemaphore`] of a value: `percpu_init_rwsem` in C.
///
/// `new_percpu_rwsem!(value, flags)`, in a task, as C allocates the counts with `GFP_KERNEL`; fails when memory
/// is short. To lockdep, all that one line makes is one class of locks, named by file and line.
#[doc(alias = "percpu_init_rwsem")]
#[doc(alias = "DEFINE_PERCPU_RWSEM")]
#[doc(alias = "DEFINE_STATIC_PERCPU_RWSEM")]
#[macro_export]
macro_rules! new_percpu_rwsem {
    ($value:expr, $flags:expr $(,)?) => {
        $crate::PercpuRwSemaphore::new(
            $value,
            $crate::__kernel::optional_name!(),
            $crate::__kernel::static_lock_class!(),
            $flags,
        )
    };
}

impl<T> PercpuRwSemaphore<T> {
    /// See [`new_percpu_rwsem!`](crate::new_percpu_rwsem).
    pub fn new(
        value: T,
        name: &'static CStr,
        class: Pin<&'static LockClassKey>,
        flags: Flags,
    ) -> Result<Self> {
        let inner = KBox::new(
            Inner {
                sem: Opaque::uninit(),
                data: UnsafeCell::new(value),
            },
            flags,
        )?;
        // SAFETY: In a box, until it is freed; name and class are static.
        to_result(unsafe {
            bindings::__percpu_init_rwsem(inner.sem.get(), name.as_char_ptr(), class.as_ptr())
        })?;
        // SAFETY: Of a box.
        let inner = unsafe { NonNull::new_unchecked(KBox::into_raw(inner)) };
        Ok(Self { inner })
    }

    #[inline(always)]
    fn inner(&self) -> &Inner<T> {
        // SAFETY: Valid until `self` is dropped.
        unsafe { self.inner.as_ref() }
    }

    /// Lends the value to any number of readers at once: `percpu_down_read` and `percpu_up_read` in C.
    ///
    /// May sleep, and `f` may as well. It does not nest: where `f` reads the same value, a writer may wait for
    /// the first reader, and the second for that writer.
    #[doc(alias = "percpu_down_read")]
    #[doc(alias = "percpu_up_read")]
    #[inline]
    pub fn read<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        // SAFETY: Initialised.
        unsafe { percpu_abi::rust_percpu_down_read(self.inner().sem.get()) };
        self.lend(f, percpu_abi::rust_percpu_up_read)
    }

    /// As [`read`](Self::read), for a task that the freezer may freeze while it waits:
    /// `percpu_down_read_freezable` in C.
    #[doc(alias = "percpu_down_read_freezable")]
    #[inline]
    pub fn read_freezable<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        // SAFETY: Initialised.
        unsafe { percpu_abi::rust_percpu_down_read_freezable(self.inner().sem.get()) };
        self.lend(f, percpu_abi::rust_percpu_up_read)
    }

    /// As [`read`](Self::read), unless there is a writer: `percpu_down_read_trylock` in C.
    ///
    /// Does not sleep, but must not be called in hard interrupts.
    #[doc(alias = "percpu_down_read_trylock")]
    #[inline]
    pub fn try_read<R>(&self, f: impl FnOnce(&T) -> R) -> Option<R> {
        // SAFETY: Initialised.
        unsafe { percpu_abi::rust_percpu_down_read_trylock(self.inner().sem.get()) }
            .then(|| self.lend(f, percpu_abi::rust_percpu_up_read_trylocked))
    }

    /// Lends the value to a reader, who just locked it, and unlocks it by `up`.
    #[inline(always)]
    fn lend<R>(
        &self,
        f: impl FnOnce(&T) -> R,
        up: unsafe extern "C" fn(*mut bindings::percpu_rw_semaphore),
    ) -> R {
        // SAFETY: No writer gets it until it is unlocked.
        let result = on_a_level(|| f(unsafe { &*self.inner().data.get() }));
        // SAFETY: Locked by the caller, in this task.
        unsafe { up(self.inner().sem.get()) };
        result
    }

    /// Lends the value to one writer: `percpu_down_write` and `percpu_up_write` in C.
    ///
    /// Sleeps, for as long as readers hold it and for an RCU grace period; `f` may sleep as well. Not in `f` of
    /// a reader or a writer of the same value, which would wait for itself.
    #[doc(alias = "percpu_down_write")]
    #[doc(alias = "percpu_up_write")]
    pub fn write<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        let sem = self.inner().sem.get();
        // SAFETY: Initialised.
        unsafe { bindings::percpu_down_write(sem) };
        // SAFETY: Nobody else gets it until it is unlocked.
        let result = f(unsafe { &mut *self.inner().data.get() });
        // SAFETY: Locked above, in this task.
        unsafe { bindings::percpu_up_write(sem) };
        result
    }

    /// Whether there is a reader, and no writer: `percpu_is_read_locked` in C. It may be otherwise by
    /// the time that this returns.
    #[doc(alias = "percpu_is_read_locked")]
    pub fn is_read_locked(&self) -> bool {
        // SAFETY: Initialised.
        unsafe { bindings::percpu_is_read_locked(self.inner().sem.get()) }
    }

    /// Whether there is a writer, or one that waits: `percpu_is_write_locked` in C. It may be
    /// otherwise by the time that this returns.
    #[doc(alias = "percpu_is_write_locked")]
    pub fn is_write_locked(&self) -> bool {
        // SAFETY: Initialised.
        unsafe { percpu_abi::rust_percpu_is_write_locked(self.inner().sem.get()) }
    }

    /// The value, of a lock that nobody else has.
    ///
    /// # Panics
    ///
    /// If a writer was killed, as the value may be half-way.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        assert!(
            !self.is_write_locked(),
            "PercpuRwSemaphore: a writer was killed"
        );
        // SAFETY: Readers and writers borrow `self`.
        unsafe { &mut *self.inner.as_ref().data.get() }
    }
}

impl<T> Drop for PercpuRwSemaphore<T> {
    fn drop(&mut self) {
        if self.is_write_locked() {
            // A writer was killed: the kernel would not free what looks held. So it stays.
            return;
        }
        // The kernel looks only if it has to wait.
        kernel::task::might_sleep();
        // SAFETY: Readers and writers borrow `self`, so nobody uses it any more; waits for what RCU has
        // under way.
        unsafe { bindings::percpu_free_rwsem(self.inner().sem.get()) };
        // SAFETY: From `into_raw`, in `new`.
        drop(unsafe { KBox::from_raw(self.inner.as_ptr()) });
    }
}
