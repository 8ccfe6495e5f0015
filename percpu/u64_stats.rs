// SPDX-License-Identifier: GPL-2.0

//! 64-bit counts that belong together, for readers on other CPUs.
//!
//! C header: [`include/linux/u64_stats_sync.h`](srctree/include/linux/u64_stats_sync.h)

use crate::{
    cpus::{
        possible_cpus,
        PossibleCpu, //
    },
    get_cpu::get_cpu,
    place::{
        self,
        Access,
        Atomic,
        CpuOps,
        Kept,
        Offset,
        Part,
        Place, //
    },
    scalar::Scalar,
    PerCpu,
};
use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    mem::offset_of,
    ops::Neg,
    sync::atomic::{
        fence,
        Ordering::{
            Acquire,
            Release, //
        },
    },
};
use pin_init::Zeroable;

/// One CPU's copy of a structure of counts: `u64_stats_t` and `struct u64_stats_sync` in C.
///
/// `T` is made by [`u64_stats!`](crate::u64_stats). Adding is done by
/// [`u64_stats_add`](PerCpu::u64_stats_add), in any context; it never waits. Whoever reads finds all
/// of an addition or nothing: packets and bytes fit, and no count is read in two halves, not even on
/// 32 bits. C promises only the second, and only if writers turn interrupts off or none of them is an
/// interrupt.
///
/// ```
/// u64_stats! {
///     /// What came in.
///     pub struct Traffic {
///         pub packets: u64,
///         pub bytes: u64,
///     }
/// }
///
/// define_per_cpu! {
///     static RECEIVED: U64Stats<Traffic> = U64Stats::new();
/// }
///
/// # let length = 1500;
/// RECEIVED.u64_stats_add((Traffic::packets(1), Traffic::bytes(length)));
/// pr_info!("{} packets\n", Decimal(RECEIVED.u64_stats_sum().packets));
/// # assert_eq!(RECEIVED.u64_stats_sum().bytes, 1500);
/// ```
// Who adds counts up `begun` before and `done` after; both at once would do for one writer, but an
// interrupt's writer in between would make it look as if nobody were at it.
#[doc(alias = "u64_stats_t")]
#[doc(alias = "u64_stats_sync")]
#[doc(alias = "u64_stats_init")]
#[repr(C)]
pub struct U64Stats<T> {
    begun: Scalar<usize>,
    done: Scalar<usize>,
    counts: UnsafeCell<T>,
}

/// A structure made by [`u64_stats!`](crate::u64_stats).
///
/// # Safety
///
/// All bytes of it are those of `u64`s, one after the other, and it is aligned as they are.
pub unsafe trait U64Counts: Copy {}

impl<T: U64Counts> U64Stats<T> {
    /// A copy of which all counts are zero: `u64_stats_init` in C.
    pub const fn new() -> Self {
        Self {
            begun: Scalar::new(0),
            done: Scalar::new(0),
            // SAFETY: Zeroes are `u64`s.
            counts: unsafe { core::mem::zeroed() },
        }
    }

    /// All counts, unless somebody is adding to them.
    #[inline]
    fn try_read(&self) -> Option<T> {
        let done = self.done.read_once();
        // Pairs with the barriers in `u64_stats_add`: who sees that an addition is over sees all of
        // it, and who sees some of it sees that it has begun.
        fence(Acquire);
        let mut copy = core::mem::MaybeUninit::<T>::uninit();
        let (from, to) = (
            self.counts.get().cast::<u64>(),
            copy.as_mut_ptr().cast::<u64>(),
        );
        for i in 0..size_of::<T>() / size_of::<u64>() {
            // SAFETY: A `T` is so many `u64`s. The CPU may be changing them: volatile.
            unsafe { to.add(i).write(from.add(i).read_volatile()) };
        }
        fence(Acquire);
        // SAFETY: All of it was written.
        (self.begun.read_once() == done).then(|| unsafe { copy.assume_init() })
    }
}

impl<T: U64Counts> Default for U64Stats<T> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: Numbers are tied to no thread.
unsafe impl<T: U64Counts> Send for U64Stats<T> {}

// SAFETY: `&U64Stats` gives no access to others than this file, which reads by volatile accesses.
unsafe impl<T: U64Counts> Sync for U64Stats<T> {}

// SAFETY: Zero is a value of every integer, and nobody is adding.
unsafe impl<T: U64Counts> Zeroable for U64Stats<T> {}

/// Defines a structure of counts for [`U64Stats`], all of them `u64`.
///
/// It is a plain structure that a reader gets, `Copy`, `Default`, `Debug` and `Eq`, with a function named
/// like each count beside, which says how much to add to it. It takes the attributes that
/// [`define_per_cpu!`](crate::define_per_cpu) takes, and no others; its counts take those but `cfg`.
#[macro_export]
macro_rules! u64_stats {
    ($(
        $(#[$($attr:tt)*])*
        $vis:vis struct $name:ident {
            $($(#[$($count_attr:tt)*])* $count_vis:vis $count:ident: u64),+ $(,)?
        }
    )+) => {$(
        $crate::__percpu_attributes! {[$(#[$($attr)*])* $($(#[@count $($count_attr)*])*)+] {
            $(#[$($attr)*])*
            #[repr(C)]
            $vis struct $name {
                $($(#[$($count_attr)*])* $count_vis $count: $crate::__core::primitive::u64),+
            }

            $(#[$($attr)*])*
            #[allow(deprecated)]
            const _: () = {
                // SAFETY: The fields are `u64`s, one after the other, of which no attribute that got here
                // makes anything else.
                unsafe impl $crate::U64Counts for $name {}

                // By hand: `derive` may be anything where this is expanded.
                impl $crate::__core::marker::Copy for $name {}

                impl $crate::__core::clone::Clone for $name {
                    #[inline(always)]
                    fn clone(&self) -> Self {
                        *self
                    }
                }

                impl $crate::__core::default::Default for $name {
                    fn default() -> Self {
                        Self { $($count: 0),+ }
                    }
                }

                impl $crate::__core::fmt::Debug for $name {
                    fn fmt(
                        &self,
                        __percpu_f: &mut $crate::__core::fmt::Formatter<'_>,
                    ) -> $crate::__core::fmt::Result {
                        __percpu_f
                            .debug_struct($crate::__core::stringify!($name))
                            $(.field($crate::__core::stringify!($count), &$crate::Decimal(self.$count)))+
                            .finish()
                    }
                }

                impl $crate::__core::cmp::PartialEq for $name {
                    fn eq(&self, __percpu_other: &Self) -> $crate::__core::primitive::bool {
                        true $(&& self.$count == __percpu_other.$count)+
                    }
                }

                impl $crate::__core::cmp::Eq for $name {}

                #[allow(dead_code)]
                impl $name {$(
                    /// So much more of the count of this name.
                    #[inline(always)]
                    $count_vis fn $count(
                        __percpu_more: $crate::__core::primitive::u64,
                    ) -> $crate::More<$name, { $crate::__core::mem::offset_of!($name, $count) }> {
                        $crate::More::__new(__percpu_more)
                    }
                )+}
            };
        }}
    )+};
}

/// How much to add to the count at `AT` bytes in a `T`, made by the functions of
/// [`u64_stats!`](crate::u64_stats). `-` before the function takes it away instead: `-Traffic::packets(1)`.
#[must_use = "nothing is counted before it is passed to `u64_stats_add`"]
pub struct More<T, const AT: usize>(u64, PhantomData<T>);

impl<T: U64Counts, const AT: usize> More<T, AT> {
    #[doc(hidden)]
    #[inline(always)]
    pub fn __new(more: u64) -> Self {
        const {
            assert!(
                AT % size_of::<u64>() == 0 && AT < size_of::<T>(),
                "there is no count at that offset"
            );
        }
        Self(more, PhantomData)
    }
}

impl<T, const AT: usize> Neg for More<T, AT> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self(self.0.wrapping_neg(), PhantomData)
    }
}

mod private {
    /// Of counts of a `T`. Without that, tuples of anything would be.
    pub trait Sealed<T> {}
}

/// What [`u64_stats_add`](PerCpu::u64_stats_add) takes: a [`More`], or a tuple of up to eight.
pub trait Additions<T>: private::Sealed<T> {
    /// Whether others could see some of it without the rest.
    #[doc(hidden)]
    const PARTS: bool;

    /// # Safety
    ///
    /// `place` is that of the counts of a `U64Stats<T>`. `A` is `Kept` only with preemption off, or `Atomic`.
    #[doc(hidden)]
    unsafe fn add<P: Place<Target = T>, A: Access>(self, place: P);
}

/// `AT` bytes.
#[derive(Clone, Copy)]
struct At<const AT: usize>;

impl<const AT: usize> Offset for At<AT> {
    const BYTES: usize = AT;
}

impl<T: U64Counts, const AT: usize> private::Sealed<T> for More<T, AT> {}

impl<T: U64Counts, const AT: usize> Additions<T> for More<T, AT> {
    // A half of one, where it takes two instructions.
    const PARTS: bool = cfg!(not(CONFIG_64BIT));

    #[inline(always)]
    unsafe fn add<P: Place<Target = T>, A: Access>(self, place: P) {
        // SAFETY: At `AT` bytes into a `T` there is a `u64`, as `__new` asserts. All that is done to
        // it are such operations and volatile accesses.
        unsafe {
            let count = Part::<_, u64, _>::new(place, At::<AT>);
            count.root().add::<u64, _, A>(count.offset(), self.0);
        }
    }
}

macro_rules! impl_additions {
    ($(($($more:ident)+))+) => {$(
        impl<T, $($more: Additions<T>),+> private::Sealed<T> for ($($more,)+) {}

        impl<T, $($more: Additions<T>),+> Additions<T> for ($($more,)+) {
            const PARTS: bool = true;

            #[inline(always)]
            #[allow(non_snake_case)]
            unsafe fn add<P: Place<Target = T>, Access: place::Access>(self, place: P) {
                let ($($more,)+) = self;
                // SAFETY: By the caller's promise.
                $(unsafe { $more.add::<P, Access>(place) };)+
            }
        }
    )+};
}

impl_additions! {
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E F)
    (A B C D E F G)
    (A B C D E F G H)
}

/// Where the fields of a [`U64Stats`] are, whatever its `T`.
const BEGUN: usize = 0;
const DONE: usize = size_of::<usize>();
const COUNTS: usize = 2 * size_of::<usize>();

impl<P, T> PerCpu<P>
where
    P: Place<Target = U64Stats<T>>,
    T: U64Counts,
{
    /// Adds to one or more counts of this CPU's copy, all at once to whoever reads:
    /// `u64_stats_update_begin`, `u64_stats_add` and `u64_stats_update_end` in C.
    ///
    /// May be called in any context. Neither readers nor other writers hold it up, not even in
    /// interrupts between its instructions. Not in an NMI on the generic backend: amid another addition it
    /// may spoil the copy, of which readers then wait for ever, or get an addition by half.
    ///
    /// On x86-64 as many instructions as counts, and for more than one: `inc` before and after, with
    /// preemption off. On weakly ordered processors two barriers as well.
    #[doc(alias = "u64_stats_sub")]
    #[doc(alias = "u64_stats_inc")]
    #[doc(alias = "u64_stats_update_begin")]
    #[doc(alias = "u64_stats_update_end")]
    #[doc(alias = "u64_stats_update_begin_irqsave")]
    #[doc(alias = "u64_stats_update_end_irqrestore")]
    #[inline(always)]
    pub fn u64_stats_add(&self, additions: impl Additions<T>) {
        // SAFETY: The counts are a `T`, changed here alone and read by volatile accesses.
        unsafe { self.add_all(additions) }
    }

    /// # Safety
    ///
    /// As for [`Additions::add`].
    #[inline(always)]
    unsafe fn add_all<M: Additions<T>>(&self, additions: M) {
        const {
            assert!(offset_of!(U64Stats<T>, begun) == BEGUN);
            assert!(offset_of!(U64Stats<T>, done) == DONE);
            assert!(offset_of!(U64Stats<T>, counts) == COUNTS);
        }
        // SAFETY: The fields are there.
        let (begun, done, counts) = unsafe {
            (
                Part::<_, usize, _>::new(self.place(), At::<BEGUN>),
                Part::<_, usize, _>::new(self.place(), At::<DONE>),
                Part::<_, T, _>::new(self.place(), At::<COUNTS>),
            )
        };
        if !M::PARTS {
            // SAFETY: By the caller's promise.
            unsafe { additions.add::<_, Atomic>(counts) };
            return;
        }
        // Nobody who waits for the end may keep it from coming.
        // SAFETY: Both are counters that only such operations change. No code of the user's runs
        // between the two, so nothing that was begun is never done.
        get_cpu(|_| unsafe {
            begun.root().inc::<usize, _, Kept>(begun.offset());
            // As smp_wmb(), and so below.
            fence(Release);
            additions.add::<_, Kept>(counts);
            fence(Release);
            done.root().inc::<usize, _, Kept>(done.offset());
        });
    }

    /// All counts of the copy of `cpu`, with no addition in it by half: `u64_stats_fetch_begin`,
    /// `u64_stats_read` and `u64_stats_fetch_retry` in C.
    ///
    /// Reads again while that CPU is adding. So it is not for interrupts, which may have interrupted
    /// just that: they take [`u64_stats_try_read`](Self::u64_stats_try_read). Nor may a lock be held that
    /// interrupts take: one of them may wait for it amid an addition.
    #[doc(alias = "u64_stats_fetch_begin")]
    #[doc(alias = "u64_stats_fetch_retry")]
    #[doc(alias = "u64_stats_copy")]
    pub fn u64_stats_read(&self, cpu: PossibleCpu) -> T {
        loop {
            if let Some(counts) = self.u64_stats_try_read(cpu) {
                return counts;
            }
            core::hint::spin_loop();
        }
    }

    /// As [`u64_stats_read`](Self::u64_stats_read), but looks once: `None` if that CPU is adding. May
    /// be called in any context: an NMI in the middle of an addition gets `None`, or all that was added
    /// before.
    #[inline]
    pub fn u64_stats_try_read(&self, cpu: PossibleCpu) -> Option<T> {
        // SAFETY: A possible CPU's copy is valid as long as `self`, and may be shared.
        unsafe { &*place::per_cpu_ptr(self.as_ptr(), cpu.into()) }.try_read()
    }

    /// The sums over all CPUs, wrapping around, of what
    /// [`u64_stats_read`](Self::u64_stats_read) gives for each. Context as there.
    pub fn u64_stats_sum(&self) -> T {
        // SAFETY: Zeroes are `u64`s.
        let mut sum = unsafe { core::mem::zeroed::<T>() };
        for counts in possible_cpus().map(|cpu| self.u64_stats_read(cpu)) {
            let (from, to) = (
                (&raw const counts).cast::<u64>(),
                (&raw mut sum).cast::<u64>(),
            );
            for i in 0..size_of::<T>() / size_of::<u64>() {
                // SAFETY: A `T` is so many `u64`s.
                unsafe { *to.add(i) = (*to.add(i)).wrapping_add(*from.add(i)) };
            }
        }
        sum
    }
}
