// SPDX-License-Identifier: GPL-2.0

//! arm64: LSE atomics, or load- and store-exclusive on processors without them, with preemption off.
//!
//! C headers: [`arch/arm64/include/asm/percpu.h`](srctree/arch/arm64/include/asm/percpu.h),
//! [`arch/arm64/include/asm/preempt.h`](srctree/arch/arm64/include/asm/preempt.h)
//!
//! There is no instruction that finds this CPU's copy and changes it in one go, so the task is kept
//! on its CPU by turning preemption off; what an interrupt does in between, the atomic instruction
//! takes into account. Which of the two kinds it is the kernel decides when it boots or loads the
//! module, by patching.

use super::{
    assumed,
    copy::{
        compare_and_store,
        update, //
    }, //
};
use crate::{
    place::{
        self,
        Access,
        CpuOps,
        Offset,
        Place, //
    },
    scalar::ScalarType, //
};
use core::arch::asm;
use kernel::{
    bindings,
    cpu::CpuId, //
};

/// Nothing to generate: the implementation below serves static variables too.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_static_ops {
    ($root:ty, $storage:path) => {};
}

/// With the code for `$width` in a macro whose arguments are the word's type, the suffix of loads
/// and stores, and the letter of its registers.
macro_rules! by_width {
    ($I:ty, $case:ident) => {
        match size_of::<$I>() {
            1 => $case!(u8, "b", "w"),
            2 => $case!(u16, "h", "w"),
            4 => $case!(u32, "", "w"),
            _ => $case!(u64, "", "x"),
        }
    };
}

/// Calls `f` with the address of this CPU's copy, with preemption off if `A` asks for it.
#[inline(always)]
fn on_copy<I, O: Offset, A: Access, R>(root: impl Place, at: O, f: impl FnOnce(*mut I) -> R) -> R {
    if A::ATOMIC && !A::KEPT {
        // SAFETY: Undone below.
        unsafe { preempt_disable_notrace() };
    }
    let ptr = raw_cpu_ptr(root.as_ptr());
    let result = f(ptr.wrapping_byte_add(at.bytes()).cast());
    if A::ATOMIC && !A::KEPT {
        // SAFETY: Undoes the above.
        unsafe { preempt_enable_notrace() };
    }
    result
}

/// An atomic operation on the `$I` at `$ptr`; what it leaves in `{r}`.
///
/// Without LSE atomics `{r}` is read, `$op` done to it and `$v`, and `$stored` written. With them
/// `$lse` does that and puts the old value in `{r}`, on which `$then` follows; `nop`s make both
/// codes equally long.
macro_rules! atomic {
    ($I:ty, $ptr:expr, $v:expr, [$($op:literal)?], $stored:literal,
     $lse:literal, [$($then:literal)?], $nops:literal) => {{
        macro_rules! case {
            ($word:ty, $sfx:literal, $w:literal) => {{
                let r: $word;
                // SAFETY: Changes the word that the caller says is at `ptr`.
                unsafe {
                    asm!(
                        code!(
                            alternative_lse,
                            concat!(
                                "2: ldxr", $sfx, " {r:", $w, "}, [{ptr}]\n",
                                $($op, " {r:", $w, "}, {r:", $w, "}, {v:", $w, "}\n",)?
                                "stxr", $sfx, " {status:w}, {", $stored, ":", $w, "}, [{ptr}]\n",
                                "cbnz {status:w}, 2b"
                            ),
                            concat!(
                                ".arch_extension lse\n",
                                $lse, $sfx, " {v:", $w, "}, {r:", $w, "}, [{ptr}]\n",
                                $($then, " {r:", $w, "}, {r:", $w, "}, {v:", $w, "}\n",)?
                                $nops
                            )
                        ),
                        ptr = in(reg) $ptr,
                        v = in(reg) $v as $word,
                        r = out(reg) r,
                        status = out(reg) _,
                        options(nostack)
                    )
                };
                u64::from(r)
            }};
        }
        by_width!($I, case)
    }};
}

// On this CPU's copy of what `as_ptr()` points at.
impl<P: Place> CpuOps for P {
    #[inline(always)]
    unsafe fn read<I: ScalarType, O: Offset, A: Access>(self, at: O) -> I {
        // SAFETY: The caller says that there is an `I`.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe { ptr.read_volatile() })
    }

    #[inline(always)]
    unsafe fn write<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        // SAFETY: The caller says that there is an `I`.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe { ptr.write_volatile(v) })
    }

    #[inline(always)]
    unsafe fn add<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        let v = v.to_bits();
        if A::ATOMIC {
            on_copy::<I, O, A, _>(self, at, |ptr| {
                atomic!(I, ptr, v, ["add"], "r", "ldadd", [], "nop\nnop\nnop")
            });
            return;
        }
        // SAFETY: By the caller's promise.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
            update(ptr, |old| old.wrapping_add(v))
        });
    }

    #[inline(always)]
    unsafe fn and<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        let v = v.to_bits();
        if A::ATOMIC {
            on_copy::<I, O, A, _>(self, at, |ptr| {
                atomic!(I, ptr, !v, ["bic"], "r", "ldclr", [], "nop\nnop\nnop")
            });
            return;
        }
        // SAFETY: By the caller's promise.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe { update(ptr, |old| old & v) });
    }

    #[inline(always)]
    unsafe fn or<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) {
        let v = v.to_bits();
        if A::ATOMIC {
            on_copy::<I, O, A, _>(self, at, |ptr| {
                atomic!(I, ptr, v, ["orr"], "r", "ldset", [], "nop\nnop\nnop")
            });
            return;
        }
        // SAFETY: By the caller's promise.
        on_copy::<I, O, A, _>(self, at, |ptr| unsafe { update(ptr, |old| old | v) });
    }

    #[inline(always)]
    unsafe fn add_return<I: ScalarType, O: Offset, A: Access>(self, at: O, v: I) -> I {
        let v = v.to_bits();
        if !A::ATOMIC {
            // SAFETY: By the caller's promise.
            return on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
                update(ptr, |old| old.wrapping_add(v)).1
            });
        }
        let sum = on_copy::<I, O, A, _>(self, at, |ptr| {
            atomic!(I, ptr, v, ["add"], "r", "ldadd", ["add"], "nop\nnop")
        });
        // SAFETY: The bits of a sum of two `I`s.
        unsafe { I::from_bits(sum) }
    }

    #[inline(always)]
    unsafe fn xchg<I: ScalarType, O: Offset, A: Access>(self, at: O, new: I) -> I {
        let new = new.to_bits();
        if !A::ATOMIC {
            // SAFETY: By the caller's promise.
            return on_copy::<I, O, A, _>(self, at, |ptr| unsafe { update(ptr, |_| new).0 });
        }
        let old = on_copy::<I, O, A, _>(self, at, |ptr| {
            atomic!(I, ptr, new, [], "v", "swp", [], "nop\nnop")
        });
        // SAFETY: The bits of the `I` that was there.
        unsafe { I::from_bits(old) }
    }

    #[inline(always)]
    unsafe fn cmpxchg<I: ScalarType, O: Offset, A: Access>(self, at: O, old: I, new: I) -> I {
        if !A::ATOMIC {
            // SAFETY: By the caller's promise.
            return on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
                compare_and_store(ptr, old, new, equal::<I>).0
            });
        }
        let (old, new) = (old.to_bits(), new.to_bits());
        let now = on_copy::<I, O, A, _>(self, at, |ptr| {
            macro_rules! case {
                ($word:ty, $sfx:literal, $w:literal) => {{
                    let now: $word;
                    // SAFETY: Changes the word that the caller says is at `ptr`. The comparison of
                    // a narrow word is one of registers with nothing above it, on both sides.
                    unsafe {
                        asm!(
                            code!(
                                alternative_lse,
                                concat!(
                                    "2: ldxr", $sfx, " {now:", $w, "}, [{ptr}]\n",
                                    "eor {status:", $w, "}, {now:", $w, "}, {old:", $w, "}\n",
                                    "cbnz {status:", $w, "}, 3f\n",
                                    "stxr", $sfx, " {status:w}, {new:", $w, "}, [{ptr}]\n",
                                    "cbnz {status:w}, 2b\n",
                                    "3:"
                                ),
                                concat!(
                                    ".arch_extension lse\n",
                                    "mov {now:", $w, "}, {old:", $w, "}\n",
                                    "cas", $sfx, " {now:", $w, "}, {new:", $w, "}, [{ptr}]\n",
                                    "b 3f\nnop\nnop\n",
                                    "3:"
                                )
                            ),
                            ptr = in(reg) ptr,
                            old = in(reg) u64::from(old as $word),
                            new = in(reg) new as $word,
                            now = out(reg) now,
                            status = out(reg) _,
                            options(nostack)
                        )
                    };
                    u64::from(now)
                }};
            }
            by_width!(I, case)
        });
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
        if A::ATOMIC {
            // SAFETY: By the caller's promise.
            return unsafe { place::cmpxchg_and_compare::<_, I, O, A>(self, at, old, new) };
        }
        // SAFETY: By the caller's promise.
        let (now, stored) = on_copy::<I, O, A, _>(self, at, |ptr| unsafe {
            compare_and_store(ptr, *old, new, equal::<I>)
        });
        if !stored {
            *old = now;
        }
        stored
    }
}

/// Whether two values of `I` are the same, in the compiler's eyes most likely: it jumps where they are
/// not.
#[inline(always)]
#[allow(clippy::cast_lossless)] // one line for every width
fn equal<I>(a: u64, b: u64) -> bool {
    macro_rules! case {
        ($word:ty, $value:ty, $w:literal, $extend:literal) => {
            // SAFETY: Compares registers, of `b` no more than there is of a value.
            unsafe {
                asm!(
                    concat!("cmp {a:", $w, "}, {b:", $w, "}", $extend),
                    "b.ne {other}",
                    a = in(reg) a as $value as $word,
                    b = in(reg) b as $value,
                    other = label { return false },
                    options(nomem, nostack)
                )
            }
        };
    }
    // A load leaves nothing above `a`, and the comparison leaves out what is above `b`.
    match size_of::<I>() {
        1 => case!(u32, u8, "w", ", uxtb"),
        2 => case!(u32, u16, "w", ", uxth"),
        4 => case!(u32, u32, "w", ""),
        _ => case!(u64, u64, "x", ""),
    }
    true
}

/// The running task's `struct thread_info`.
#[inline(always)]
fn current_thread_info() -> *mut bindings::thread_info {
    let current;
    // SAFETY: Reads a register, which is the same for as long as the task runs.
    unsafe {
        asm!(
            code!(current_thread_info),
            out = out(reg) current,
            options(pure, nomem, nostack, preserves_flags)
        )
    };
    current
}

/// The task's word of preemption: a count in the low half and, in the high half, zero if the
/// scheduler wants the CPU.
#[cfg(CONFIG_PREEMPT_COUNT)]
#[inline(always)]
fn preempt_word() -> *mut u64 {
    current_thread_info()
        .wrapping_byte_add(assumed::COUNT)
        .cast()
}

/// Keeps the compiler from moving accesses to memory across.
#[inline(always)]
fn barrier() {
    // SAFETY: No instruction.
    unsafe { asm!("", options(nostack, preserves_flags)) };
}

/// # Safety
///
/// Undone by `preempt_enable_notrace`, by the same task.
#[inline(always)]
unsafe fn preempt_disable_notrace() {
    #[cfg(CONFIG_PREEMPT_COUNT)]
    // SAFETY: The word is the task's own; an interrupt leaves the count as it found it.
    unsafe {
        let count = preempt_word().cast::<u32>();
        count.write_volatile(count.read_volatile().wrapping_add(1));
    }
    barrier();
}

// Cold, or rustc 1.97 keeps what has to outlive the call in registers that every way saves.
#[cfg(CONFIG_PREEMPTION)]
extern "C" {
    #[cold]
    #[link_name = code!(preempt_schedule_notrace)]
    fn preempt_schedule_notrace();

    #[cold]
    #[cfg(percpu_inline = "preempt")]
    #[link_name = code!(preempt_schedule)]
    fn preempt_schedule();
}

/// Counts down, and calls `schedule` if preemption is on and the scheduler wants the CPU.
///
/// # Safety
///
/// Undoes one `preempt_disable_notrace` of the same task.
#[inline(always)]
unsafe fn count_down(schedule: impl FnOnce()) {
    barrier();
    #[cfg(CONFIG_PREEMPT_COUNT)]
    // SAFETY: As in `preempt_disable_notrace`. An interrupt may clear the high half after it was
    // read, so that is looked at again.
    unsafe {
        let word = preempt_word();
        let count = word.read_volatile().wrapping_sub(1);
        word.cast::<u32>().write_volatile(count as u32);
        if cfg!(CONFIG_PREEMPTION) && (count == 0 || word.read_volatile() == 0) {
            schedule();
        }
    }
    #[cfg(not(CONFIG_PREEMPT_COUNT))]
    let _ = schedule;
}

/// # Safety
///
/// Undoes one `preempt_disable_notrace` of the same task.
#[inline(always)]
unsafe fn preempt_enable_notrace() {
    // SAFETY: By the caller's promise; the scheduler may be called with preemption on.
    unsafe {
        count_down(|| {
            #[cfg(CONFIG_PREEMPTION)]
            preempt_schedule_notrace();
        })
    };
}

/// # Safety
///
/// Undone by `preempt_enable`, by the same task.
#[cfg(percpu_inline = "preempt")]
#[inline(always)]
pub(crate) unsafe fn preempt_disable() {
    // SAFETY: By the caller's promise.
    unsafe { preempt_disable_notrace() };
}

/// # Safety
///
/// Undoes one `preempt_disable` of the same task.
#[cfg(percpu_inline = "preempt")]
#[inline(always)]
pub(crate) unsafe fn preempt_enable() {
    // SAFETY: By the caller's promise; the scheduler may be called with preemption on.
    unsafe {
        count_down(|| {
            #[cfg(CONFIG_PREEMPTION)]
            preempt_schedule();
        })
    };
}

#[cfg(not(percpu_inline = "preempt"))]
pub(crate) use super::in_c::{
    preempt_disable,
    preempt_enable, //
};

/// The number of this CPU, which may be another one by the time it is looked at.
#[cfg(percpu_inline = "number")]
#[inline(always)]
pub(crate) fn raw_smp_processor_id() -> CpuId {
    let cpu = current_thread_info()
        .wrapping_byte_add(assumed::CPU)
        .cast::<u32>();
    // SAFETY: The task's own field, which the scheduler keeps to the number of the CPU it runs on.
    unsafe { CpuId::from_u32_unchecked(cpu.read_volatile()) }
}

#[cfg(not(percpu_inline = "number"))]
pub(crate) use super::in_c::raw_smp_processor_id;

/// What takes a per-CPU pointer to this CPU's copy: `__my_cpu_offset` in C.
#[inline(always)]
fn this_cpu_offset() -> usize {
    let offset;
    // SAFETY: Reads the register that the kernel keeps the offset in, which is another one on
    // processors where it runs one level higher.
    unsafe {
        asm!(
            code!(this_cpu_offset),
            out = out(reg) offset,
            options(readonly, nostack, preserves_flags)
        )
    };
    offset
}

/// The address of this CPU's copy.
#[inline(always)]
pub(crate) fn raw_cpu_ptr<T>(ptr: *mut T) -> *mut T {
    place::shift(ptr, this_cpu_offset())
}

// Interrupts off serve as well as the pair instructions that C takes.
pub(crate) use super::in_c::cmpxchg128;
