// SPDX-License-Identifier: GPL-2.0

//! LoongArch: `$r21` holds this CPU's offset, so a read or a write is one instruction; `am*` between
//! counting preemption, for 32 and 64 bits.
//!
//! C headers: [`arch/loongarch/include/asm/percpu.h`](srctree/arch/loongarch/include/asm/percpu.h),
//! [`arch/loongarch/include/asm/cmpxchg.h`](srctree/arch/loongarch/include/asm/cmpxchg.h)
//!
//! Words of 8 and 16 bits have no `am*`. As in C, they are exchanged by `ll` and `sc` of the word of
//! 32 bits that they are in. All else changes them with interrupts off: an update made by an NMI in
//! the middle of that is lost.

use super::{
    irqs::raw_irqs_off,
    thread_info::{
        preempt_disable_notrace,
        preempt_enable_notrace, //
    }, //
};
use crate::{
    place::{
        Access,
        CpuOps,
        Offset,
        Place, //
    },
    scalar::ScalarType, //
};
use core::arch::asm;

/// Nothing to generate: the implementation below serves static variables too.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_static_ops {
    ($root:ty, $storage:path) => {};
}

/// Whether there are `am*` for it.
const fn is_word<I>() -> bool {
    size_of::<I>() >= 4
}

/// The `__percpu` pointer.
#[inline(always)]
fn pointer<I, O: Offset>(root: impl Place, at: O) -> *mut I {
    root.as_ptr().wrapping_byte_add(at.bytes()).cast()
}

/// This CPU's copy, extended from 32 bits with its sign and from fewer with zeros.
///
/// # Safety
///
/// There is an `I` that nothing but `CpuOps` and volatile accesses touch.
#[inline(always)]
unsafe fn load<I: ScalarType>(ptr: *mut I) -> u64 {
    macro_rules! case {
        ($sfx:literal) => {{
            let r;
            // SAFETY: Reads the word that the caller says is there, at `$r21` and the pointer.
            unsafe {
                asm!(
                    concat!("ldx.", $sfx, " {r}, $r21, {ptr}"),
                    ptr = in(reg) ptr,
                    r = lateout(reg) r,
                    options(nostack, preserves_flags, readonly)
                )
            };
            r
        }};
    }
    match size_of::<I>() {
        1 => case!("bu"),
        2 => case!("hu"),
        4 => case!("w"),
        _ => case!("d"),
    }
}

/// Overwrites this CPU's copy.
///
/// # Safety
///
/// As for `load`; these are the bits of an `I`.
#[inline(always)]
unsafe fn store<I: ScalarType>(ptr: *mut I, bits: u64) {
    macro_rules! case {
        ($word:ty, $sfx:literal) => {
            // SAFETY: Writes to the word that the caller says is there, at `$r21` and the pointer.
            unsafe {
                asm!(
                    concat!("stx.", $sfx, " {v}, $r21, {ptr}"),
                    ptr = in(reg) ptr,
                    v = in(reg) bits as $word,
                    options(nostack, preserves_flags)
                )
            }
        };
    }
    match size_of::<I>() {
        1 => case!(u8, "b"),
        2 => case!(u16, "h"),
        4 => case!(u32, "w"),
        _ => case!(u64, "d"),
    }
}

/// Replaces this CPU's copy by `f` of its bits, in a load and a store; returns both bits.
///
/// # Safety
///
/// As for `load`. `f` makes the bits of an `I` of those of another.
#[inline(always)]
unsafe fn update<I: ScalarType>(ptr: *mut I, f: impl FnOnce(u64) -> u64) -> (u64, u64) {
    // SAFETY: By the caller's promise.
    unsafe {
        let old = load(ptr);
        let new = f(old);
        store(ptr, new);
        (old, new)
    }
}

/// Overwrites this CPU's copy if it has the bits `old`; returns those it had, and whether that was done.
///
/// # Safety
///
/// As for `store`.
#[inline(always)]
unsafe fn compare_and_store<I: ScalarType>(ptr: *mut I, old: u64, new: u64) -> (u64, bool) {
    // As `load` extends.
    let expected = match size_of::<I>() {
        1 => u64::from(old as u8),
        2 => u64::from(old as u16),
        4 => old as i32 as u64,
        _ => old,
    };
    // SAFETY: By the caller's promise. A jump that the compiler takes to be rare.
    unsafe {
        let now = load(ptr);
        asm!(
            "bne {now}, {expected}, {other}",
            now = in(reg) now,
            expected = in(reg) expected,
            other = label { return (now, false) },
            options(nomem, nostack, preserves_flags)
        );
        store(ptr, new);
        (now, true)
    }
}

/// Calls `f` with the address of this CPU's copy, with preemption off.
#[inline(always)]
fn on_copy<I, R>(ptr: *mut I, f: impl FnOnce(*mut I) -> R) -> R {
    // SAFETY: Undone below.
    unsafe { preempt_disable_notrace() };
    let result = f(raw_cpu_ptr(ptr));
    // SAFETY: Undoes the above.
    unsafe { preempt_enable_notrace() };
    result
}

/// One `am*` instruction on the `$I` at `$ptr`, which leaves there what `$op` makes of it and `$v`; the
/// bits of what was there.
macro_rules! am {
    ($I:ty, $ptr:expr, $op:literal, $v:expr) => {{
        macro_rules! word {
                        ($word:ty, $sfx:literal) => {{
                            let old: $word;
                            // SAFETY: Changes the word that the caller says is at `ptr`.
                            unsafe {
                                asm!(
                                    concat!($op, ".", $sfx, " {old}, {v}, {ptr}"),
                                    ptr = in(reg) $ptr,
                                    v = in(reg) $v as $word,
                                    // Another register than those: the instruction takes no other.
                                    old = out(reg) old,
                                    options(nostack, preserves_flags)
                                )
                            };
                            u64::from(old)
                        }};
                    }
        match size_of::<$I>() {
            4 => word!(u32, "w"),
            _ => word!(u64, "d"),
        }
    }};
}

/// Where a word of 8 or 16 bits is in one of 32: that word, by how many bits it is shifted there, and
/// the bits that it has.
#[inline(always)]
fn in_word<I>(ptr: *mut I) -> (*mut u32, u32, u32) {
    let shift = (ptr.addr() as u32 & 3) * 8;
    let mask = (u32::MAX >> (32 - 8 * size_of::<I>() as u32)) << shift;
    (ptr.map_addr(|addr| addr & !3).cast(), shift, mask)
}

/// `__xchg_small` in C.
///
/// # Safety
///
/// `ptr` is the address of 8 or 16 bits that only `CpuOps` and volatile accesses touch.
#[inline(always)]
unsafe fn xchg_small<I>(ptr: *mut I, new: u64) -> u64 {
    let (word, shift, mask) = in_word(ptr);
    let old: u32;
    // SAFETY: Changes the bits that the caller says are there, and none of the word else.
    unsafe {
        asm!(
            "1: ll.w {old}, {word}, 0",
            "andn {tmp}, {old}, {mask}",
            "or {tmp}, {tmp}, {new}",
            "sc.w {tmp}, {word}, 0",
            "beqz {tmp}, 1b",
            "and {old}, {old}, {mask}",
            "srl.w {old}, {old}, {shift}",
            word = in(reg) word,
            shift = in(reg) shift,
            mask = in(reg) mask,
            new = in(reg) (new as u32) << shift & mask,
            old = out(reg) old,
            tmp = out(reg) _,
            options(nostack, preserves_flags)
        )
    };
    u64::from(old)
}

/// `__cmpxchg_small` in C.
///
/// # Safety
///
/// As for `xchg_small`.
#[inline(always)]
unsafe fn cmpxchg_small<I>(ptr: *mut I, old: u64, new: u64) -> u64 {
    let (word, shift, mask) = in_word(ptr);
    let now: u32;
    // SAFETY: As in `xchg_small`. What is compared has no other bits, on both sides, and is
    // extended from 32 bits as the instructions extend it.
    unsafe {
        asm!(
            "1: ll.w {now}, {word}, 0",
            "and {tmp}, {now}, {mask}",
            "bne {tmp}, {old}, 2f",
            "andn {tmp}, {now}, {mask}",
            "or {tmp}, {tmp}, {new}",
            "sc.w {tmp}, {word}, 0",
            "beqz {tmp}, 1b",
            "b 3f",
            "2:",
            code!(weak_llsc_mb),
            "3:",
            "and {now}, {now}, {mask}",
            "srl.w {now}, {now}, {shift}",
            word = in(reg) word,
            shift = in(reg) shift,
            mask = in(reg) mask as i32 as isize,
            old = in(reg) ((old as u32) << shift & mask) as i32 as isize,
            new = in(reg) (new as u32) << shift & mask,
            now = out(reg) now,
            tmp = out(reg) _,
            options(nostack, preserves_flags)
        )
    };
    u64::from(now)
}

/// `__cmpxchg_asm` in C.
macro_rules! cmpxchg {
    ($I:ty, $ptr:expr, $old:expr, $new:expr) => {{
        macro_rules! word {
            ($word:ty, $signed:ty, $sfx:literal) => {{
                let now: $word;
                // SAFETY: Changes the word that the caller says is at `ptr`. What it is compared with
                // is extended from 32 bits as `ll.w` extends it.
                unsafe {
                    asm!(
                        concat!("1: ll.", $sfx, " {now}, {ptr}, 0"),
                        "bne {now}, {old}, 2f",
                        "move {tmp}, {new}",
                        concat!("sc.", $sfx, " {tmp}, {ptr}, 0"),
                        "beqz {tmp}, 1b",
                        "2:",
                        code!(weak_llsc_mb),
                        ptr = in(reg) $ptr,
                        old = in(reg) $old as $signed as isize,
                        new = in(reg) $new as $word,
                        now = out(reg) now,
                        tmp = out(reg) _,
                        options(nostack, preserves_flags)
                    )
                };
                u64::from(now)
            }};
        }
        match size_of::<$I>() {
            4 => word!(u32, i32, "w"),
            _ => word!(u64, i64, "d"),
        }
    }};
}

// On this CPU's copy of what `as_ptr()` points at.
impl<P: Place> CpuOps for P {
    #[inline(always)]
    unsafe fn read<I: ScalarType, O: Offset, A: Access>(self, at: O) -> I {
        // SAFETY: The caller says that there is an `I`.
        unsafe { I::from_bits(load(pointer::<I, O>(self, at))) }
    }

    #[inline(always)]
    unsafe fn write<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        // SAFETY: The caller says that there is an `I`.
        unsafe { store(pointer::<I, O>(self, at), v.to_bits()) };
    }

    #[inline(always)]
    unsafe fn add<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        let (ptr, v) = (pointer::<I, O>(self, at), v.to_bits());
        // SAFETY: By the caller's promise.
        let add = || unsafe { update(ptr, |old| old.wrapping_add(v)) };
        match (A::ATOMIC, is_word::<I>()) {
            (true, true) => on_copy(ptr, |ptr| _ = am!(I, ptr, "amadd", v)),
            (true, false) => _ = raw_irqs_off(add),
            _ => _ = add(),
        }
    }

    #[inline(always)]
    unsafe fn and<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        let (ptr, v) = (pointer::<I, O>(self, at), v.to_bits());
        // SAFETY: By the caller's promise.
        let and = || unsafe { update(ptr, |old| old & v) };
        match (A::ATOMIC, is_word::<I>()) {
            (true, true) => on_copy(ptr, |ptr| _ = am!(I, ptr, "amand", v)),
            (true, false) => _ = raw_irqs_off(and),
            _ => _ = and(),
        }
    }

    #[inline(always)]
    unsafe fn or<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        let (ptr, v) = (pointer::<I, O>(self, at), v.to_bits());
        // SAFETY: By the caller's promise.
        let or = || unsafe { update(ptr, |old| old | v) };
        match (A::ATOMIC, is_word::<I>()) {
            (true, true) => on_copy(ptr, |ptr| _ = am!(I, ptr, "amor", v)),
            (true, false) => _ = raw_irqs_off(or),
            _ => _ = or(),
        }
    }

    #[inline(always)]
    unsafe fn add_return<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) -> I {
        let (ptr, v) = (pointer::<I, O>(self, at), v.to_bits());
        // SAFETY: By the caller's promise.
        let add = || unsafe { update(ptr, |old| old.wrapping_add(v)).1 };
        let sum = match (A::ATOMIC, is_word::<I>()) {
            (true, true) => on_copy(ptr, |ptr| am!(I, ptr, "amadd", v).wrapping_add(v)),
            (true, false) => raw_irqs_off(add),
            _ => add(),
        };
        // SAFETY: The bits of a sum of two `I`s.
        unsafe { I::from_bits(sum) }
    }

    #[inline(always)]
    unsafe fn xchg<I: ScalarType, O: Offset, A: Access>(self, at: O, new: I) -> I {
        let (ptr, new) = (pointer::<I, O>(self, at), new.to_bits());
        let old = match (A::ATOMIC, is_word::<I>()) {
            (true, true) => on_copy(ptr, |ptr| am!(I, ptr, "amswap_db", new)),
            // SAFETY: By the caller's promise.
            (true, false) => on_copy(ptr, |ptr| unsafe { xchg_small(ptr, new) }),
            // SAFETY: By the caller's promise.
            _ => unsafe { update(ptr, |_| new).0 },
        };
        // SAFETY: The bits of the `I` that was there.
        unsafe { I::from_bits(old) }
    }

    #[inline(always)]
    unsafe fn cmpxchg<I: ScalarType, O: Offset, A: Access>(self, at: O, old: I, new: I) -> I {
        let (ptr, old, new) = (pointer::<I, O>(self, at), old.to_bits(), new.to_bits());
        let now = match (A::ATOMIC, is_word::<I>()) {
            (true, true) => on_copy(ptr, |ptr| cmpxchg!(I, ptr, old, new)),
            // SAFETY: By the caller's promise.
            (true, false) => on_copy(ptr, |ptr| unsafe { cmpxchg_small(ptr, old, new) }),
            // SAFETY: By the caller's promise.
            _ => unsafe { compare_and_store(ptr, old, new).0 },
        };
        // SAFETY: The bits of the `I` that was there.
        unsafe { I::from_bits(now) }
    }

    #[inline(always)]
    unsafe fn try_cmpxchg<I: ScalarType, O: Offset, A: Access>(
        self,
        at: O,
        old: &mut I,
        new: I,
    ) -> bool {
        let ptr = pointer::<I, O>(self, at);
        let (expected, new_bits) = (old.to_bits(), new.to_bits());
        if A::ATOMIC {
            // All is done before preemption is on, so that the compiler has to keep one value.
            return on_copy(ptr, |ptr| {
                let now = if is_word::<I>() {
                    cmpxchg!(I, ptr, expected, new_bits)
                } else {
                    // SAFETY: By the caller's promise.
                    unsafe { cmpxchg_small(ptr, expected, new_bits) }
                };
                // SAFETY: The bits of the `I` that was there.
                *old = unsafe { I::from_bits(now) };
                old.to_bits() == expected
            });
        }
        // SAFETY: By the caller's promise; the bits of the `I` that is there.
        unsafe {
            let (now, stored) = compare_and_store(ptr, expected, new_bits);
            if !stored {
                *old = I::from_bits(now);
            }
            stored
        }
    }
}

/// The address of this CPU's copy.
#[inline(always)]
pub(crate) fn raw_cpu_ptr<T>(ptr: *mut T) -> *mut T {
    let address: usize;
    // SAFETY: Adds a register that the kernel keeps the offset in. Not `pure`: it is another one
    // once the task has moved.
    unsafe {
        asm!(
            "add.d {address}, $r21, {ptr}",
            ptr = in(reg) ptr.expose_provenance(),
            address = lateout(reg) address,
            options(nostack, preserves_flags, readonly)
        )
    };
    core::ptr::with_exposed_provenance_mut(address)
}

/// A word of the running task's `struct thread_info`, `AT` bytes into it.
#[inline(always)]
pub(super) fn thread_info_read<const AT: usize>() -> u32 {
    let word;
    // SAFETY: Reads the task's own word; `$tp` is the task's for as long as it runs.
    unsafe {
        asm!(
            "ld.w {word}, $tp, {at}",
            at = const AT,
            word = lateout(reg) word,
            options(nostack, preserves_flags, readonly)
        )
    };
    word
}

/// Writes to that word.
///
/// # Safety
///
/// The kernel lets the task write that.
#[inline(always)]
pub(super) unsafe fn thread_info_write<const AT: usize>(word: u32) {
    // SAFETY: By the caller's promise.
    unsafe {
        asm!(
            "st.w {word}, $tp, {at}",
            at = const AT,
            word = in(reg) word,
            options(nostack, preserves_flags)
        )
    };
}

pub(crate) use super::thread_info::{
    preempt_disable,
    preempt_enable,
    raw_smp_processor_id, //
};

// Interrupts off serve as well as the `sc.q` that C takes where a processor has it.
pub(crate) use super::in_c::cmpxchg128;
