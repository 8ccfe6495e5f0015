// SPDX-License-Identifier: GPL-2.0

//! A cheap sum that is about right at any time, and exact when asked to be.
//!
//! C header: [`include/linux/percpu_counter.h`](srctree/include/linux/percpu_counter.h)

use core::{
    mem::MaybeUninit,
    ops::Deref,
    pin::Pin,
    ptr::NonNull, //
};
use kernel::{
    alloc::Flags,
    bindings,
    error::to_result,
    prelude::*,
    static_lock_class,
    types::Opaque, //
};

/// A counter, most of which is per CPU: `struct percpu_counter` in C.
///
/// Each CPU keeps a small count of its own, and adds it to the whole when it is as large as the
/// batch. [`read`](Self::read) costs nothing and is off by less than the batch on every CPU;
/// [`sum`](Self::sum) is exact. For counts that are read rarely,
/// [`Scalar`](crate::Scalar) is cheaper.
///
/// It lives in a [`PercpuCounterBox`], never on a stack or in anything else: the kernel has a list of
/// all counters, and a task that is killed takes its stack away without dropping what is on it.
///
/// Any method may be called in any context but an NMI, on PREEMPT_RT too.
///
/// The sum wraps around. An amount is lost, with what the CPU keeps, if the two add up to `i64::MIN`: C
/// compares the absolute value of that with the batch, and `i64::MIN` has none. Amounts that are further
/// than 2^31 from `i64::MIN` and `i64::MAX` are all counted.
///
/// ```
/// use core::cmp::Ordering;
///
/// let used = PercpuCounter::new(0, GFP_KERNEL)?;
/// used.add(3);
/// if used.compare(1000) == Ordering::Greater {
///     pr_info!("too many\n");
/// }
/// # assert_eq!(used.sum(), 3);
/// ```
#[doc(alias = "percpu_counter")]
#[repr(transparent)]
pub struct PercpuCounter(Opaque<bindings::percpu_counter>);

// SAFETY: A counter belongs to no task.
unsafe impl Send for PercpuCounter {}

// SAFETY: All methods are made for being called by everybody at once.
unsafe impl Sync for PercpuCounter {}

impl PercpuCounter {
    /// The batch of [`add_local`](Self::add_local): `PERCPU_COUNTER_LOCAL_BATCH` in C.
    pub const LOCAL_BATCH: i32 = percpu_abi::rust_percpu_counter_local_batch;

    /// Makes a counter that begins with `amount`: `percpu_counter_init` in C, and
    /// `percpu_counter_destroy` when it is dropped.
    ///
    /// Context as of [`PerCpuBox::zeroed`](crate::PerCpuBox::zeroed). Fails when memory is short.
    #[doc(alias = "percpu_counter_init")]
    #[allow(clippy::new_ret_no_self)] // It is never held by value.
    #[inline]
    pub fn new(amount: i64, flags: Flags) -> Result<PercpuCounterBox> {
        // SAFETY: One counter is room for one.
        unsafe { PercpuCounterBox::init(amount, flags, 1) }
    }

    /// Makes `N` counters in one allocation: `percpu_counter_init_many` in C, and
    /// `percpu_counter_destroy_many`.
    ///
    /// Otherwise as [`new`](Self::new).
    #[doc(alias = "percpu_counter_init_many")]
    pub fn new_many<const N: usize>(
        amount: i64,
        flags: Flags,
    ) -> Result<PercpuCounterBox<[Self; N]>> {
        const { assert!(N > 0 && N <= 1024, "from 1 to 1024 counters") };
        // SAFETY: An array is room for so many.
        unsafe { PercpuCounterBox::init(amount, flags, N as u32) }
    }

    /// How much a CPU counts before it adds that to the whole: `percpu_counter_batch` in C, twice
    /// the number of online CPUs, or 32.
    #[doc(alias = "percpu_counter_batch")]
    #[inline(always)]
    pub fn batch() -> i32 {
        #[cfg(CONFIG_SMP)]
        // SAFETY: The kernel changes it by single writes.
        return unsafe { (&raw const bindings::percpu_counter_batch).read_volatile() };
        #[cfg(not(CONFIG_SMP))]
        0
    }

    #[inline(always)]
    fn as_ptr(&self) -> *mut bindings::percpu_counter {
        self.0.get()
    }

    /// Adds: `percpu_counter_add` in C.
    #[doc(alias = "percpu_counter_add")]
    #[inline(always)]
    pub fn add(&self, amount: i64) {
        self.add_batch(amount, Self::batch());
    }

    /// Subtracts: `percpu_counter_sub` in C.
    #[doc(alias = "percpu_counter_sub")]
    #[inline(always)]
    pub fn sub(&self, amount: i64) {
        self.add(amount.wrapping_neg());
    }

    /// Adds one: `percpu_counter_inc` in C.
    #[doc(alias = "percpu_counter_inc")]
    #[inline(always)]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Subtracts one: `percpu_counter_dec` in C.
    #[doc(alias = "percpu_counter_dec")]
    #[inline(always)]
    pub fn dec(&self) {
        self.add(-1);
    }

    /// Adds, with a batch of one's own: `percpu_counter_add_batch` in C. The batch is positive.
    #[doc(alias = "percpu_counter_add_batch")]
    #[inline(always)]
    pub fn add_batch(&self, amount: i64, batch: i32) {
        #[cfg(CONFIG_SMP)]
        use bindings::percpu_counter_add_batch as add_batch;
        #[cfg(not(CONFIG_SMP))]
        use percpu_abi::rust_percpu_counter_add_batch as add_batch;
        // SAFETY: The counter is initialised.
        unsafe { add_batch(self.as_ptr(), amount, batch) };
    }

    /// Adds to what this CPU keeps, as long as that fits: `percpu_counter_add_local` in C. Only
    /// [`sum`](Self::sum) tells something then.
    #[doc(alias = "percpu_counter_add_local")]
    #[inline(always)]
    pub fn add_local(&self, amount: i64) {
        self.add_batch(amount, Self::LOCAL_BATCH);
    }

    /// As [`add_local`](Self::add_local): `percpu_counter_sub_local` in C.
    #[doc(alias = "percpu_counter_sub_local")]
    #[inline(always)]
    pub fn sub_local(&self, amount: i64) {
        self.add_local(amount.wrapping_neg());
    }

    /// Sets the whole, and what CPUs keep to zero: `percpu_counter_set` in C.
    ///
    /// What is added meanwhile may be lost, and a CPU that is just adding may bring back what it kept before: a
    /// batch at most.
    #[doc(alias = "percpu_counter_set")]
    #[inline]
    pub fn set(&self, amount: i64) {
        // SAFETY: The counter is initialised.
        unsafe { percpu_abi::rust_percpu_counter_set(self.as_ptr(), amount) };
    }

    /// The exact sum: `percpu_counter_sum` in C. What is added meanwhile is in it or not.
    ///
    /// On 32-bit architectures without SMP it may be read in two halves, as by [`read`](Self::read).
    #[doc(alias = "percpu_counter_sum")]
    #[inline]
    pub fn sum(&self) -> i64 {
        // SAFETY: The counter is initialised.
        unsafe { percpu_abi::rust_percpu_counter_sum(self.as_ptr()) }
    }

    /// The exact sum, or zero if it is negative: `percpu_counter_sum_positive` in C.
    #[doc(alias = "percpu_counter_sum_positive")]
    #[inline]
    pub fn sum_positive(&self) -> i64 {
        self.sum().max(0)
    }

    /// The sum, without what CPUs keep: `percpu_counter_read` in C.
    ///
    /// On 32-bit architectures it may be read in two halves.
    #[doc(alias = "percpu_counter_read")]
    #[inline(always)]
    pub fn read(&self) -> i64 {
        // SAFETY: The counter is initialised; others write to it meanwhile, hence volatile.
        unsafe { (&raw const (*self.as_ptr()).count).read_volatile() }
    }

    /// As [`read`](Self::read), or zero if it is negative: `percpu_counter_read_positive` in C.
    #[doc(alias = "percpu_counter_read_positive")]
    #[inline(always)]
    pub fn read_positive(&self) -> i64 {
        self.read().max(0)
    }

    /// Compares with `rhs`, exactly only if that is close: `percpu_counter_compare` in C.
    #[doc(alias = "percpu_counter_compare")]
    #[inline]
    pub fn compare(&self, rhs: i64) -> core::cmp::Ordering {
        self.compare_batch(rhs, Self::batch())
    }

    /// As [`compare`](Self::compare), of a counter that has a batch of its own:
    /// `__percpu_counter_compare` in C, which multiplies it by the number of CPUs in 32 bits.
    #[doc(alias = "__percpu_counter_compare")]
    #[inline]
    pub fn compare_batch(&self, rhs: i64, batch: i32) -> core::cmp::Ordering {
        // SAFETY: The counter is initialised.
        unsafe { percpu_abi::rust_percpu_counter_compare(self.as_ptr(), rhs, batch) }.cmp(&0)
    }

    /// Adds what this CPU keeps to the whole: `percpu_counter_sync` in C.
    #[doc(alias = "percpu_counter_sync")]
    #[inline]
    pub fn sync(&self) {
        // SAFETY: The counter is initialised.
        unsafe { percpu_abi::rust_percpu_counter_sync(self.as_ptr()) };
    }
}

/// A [`PercpuCounter`], or an array of them, that is destroyed when this is dropped.
///
/// May be dropped in atomic context, but on PREEMPT_RT only where a `SpinLock` may be taken.
#[doc(alias = "percpu_counter_destroy")]
#[doc(alias = "percpu_counter_destroy_many")]
pub struct PercpuCounterBox<C = PercpuCounter> {
    counters: Pin<KBox<C>>,
    first: NonNull<bindings::percpu_counter>,
    count: u32,
}

// SAFETY: As for the counters, which the pointer is to.
unsafe impl<C: Send> Send for PercpuCounterBox<C> {}

// SAFETY: As for `Send`.
unsafe impl<C: Sync> Sync for PercpuCounterBox<C> {}

impl<C> PercpuCounterBox<C> {
    /// # Safety
    ///
    /// A `C` is so many `PercpuCounter`s.
    unsafe fn init(amount: i64, flags: Flags, count: u32) -> Result<Self> {
        let mut counters = KBox::<MaybeUninit<C>>::new(MaybeUninit::uninit(), flags)?;
        let ptr = counters.as_mut_ptr().cast();
        // SAFETY: `Flags` is a `u32` and nothing else; it keeps that to itself.
        let gfp = unsafe { core::mem::transmute::<Flags, u32>(flags) };
        let class = static_lock_class!();
        // SAFETY: There is room for so many counters, which do not move until they are destroyed,
        // on the heap, where they stay if they are forgotten.
        to_result(unsafe {
            percpu_abi::rust_percpu_counter_init_many(ptr, amount, gfp, count, class.as_ptr())
        })?;
        Ok(Self {
            // SAFETY: All were initialised.
            counters: KBox::into_pin(unsafe { counters.assume_init() }),
            // SAFETY: In a box.
            first: unsafe { NonNull::new_unchecked(ptr) },
            count,
        })
    }
}

impl<C> Deref for PercpuCounterBox<C> {
    type Target = C;

    #[inline(always)]
    fn deref(&self) -> &C {
        &self.counters
    }
}

impl<C> Drop for PercpuCounterBox<C> {
    fn drop(&mut self) {
        // SAFETY: Initialised by `init`, with as many.
        unsafe {
            percpu_abi::rust_percpu_counter_destroy_many(self.first.as_ptr(), self.count);
        }
    }
}
