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

mod copy;

use crate::{
    place::{
        Access,
        CpuOps,
        Offset,
        Place, //
    },
    scalar::ScalarType, //
};
use copy::{
    compare_and_store,
    on_copy,
    update, //
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

/// Instructions that the kernel replaces by others, as long, on processors with the capability
/// `{cap}`: ALTERNATIVE in C.
macro_rules! alternative {
    ($old:expr, $new:expr) => {
        concat!(
            "661:\n",
            $old,
            "\n662:\n",
            ".pushsection .altinstructions,\"a\"\n",
            ".word 661b - .\n",
            ".word 663f - .\n",
            ".hword {cap}\n",
            ".byte 662b - 661b\n",
            ".byte 664f - 663f\n",
            ".popsection\n",
            ".subsection 1\n",
            "663:\n",
            $new,
            "\n664:\n",
            // Either of these fails to assemble if the lengths differ.
            ".org . - (664b - 663b) + (662b - 661b)\n",
            ".org . - (662b - 661b) + (664b - 663b)\n",
            ".previous\n"
        )
    };
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

/// Calls `f` with preemption off.
#[inline(always)]
fn on_one_cpu<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: Undone below.
    unsafe { preempt_disable_notrace() };
    let result = f();
    // SAFETY: Undoes the above.
    unsafe { preempt_enable_notrace() };
    result
}

/// An operation that returns nothing, by `$llsc` or `$lse`.
macro_rules! operation {
    ($I:ty, $O:ty, $A:ty, $root:expr, $v:expr, $llsc:literal, $lse:literal) => {
        on_copy::<$I, $O, $A, _>($root, |ptr| {
            macro_rules! case {
                ($word:ty, $sfx:literal, $w:literal) => {
                    // SAFETY: Changes the word that the caller says is at `ptr`.
                    unsafe {
                        asm!(
                            alternative!(
                                concat!(
                                    "2: ldxr", $sfx, " {tmp:", $w, "}, [{ptr}]\n",
                                    $llsc, " {tmp:", $w, "}, {tmp:", $w, "}, {v:", $w, "}\n",
                                    "stxr", $sfx, " {status:w}, {tmp:", $w, "}, [{ptr}]\n",
                                    "cbnz {status:w}, 2b"
                                ),
                                concat!(
                                    ".arch_extension lse\n",
                                    $lse, $sfx, " {v:", $w, "}, {tmp:", $w, "}, [{ptr}]\n",
                                    "nop\nnop\nnop"
                                )
                            ),
                            cap = const bindings::ARM64_HAS_LSE_ATOMICS,
                            ptr = in(reg) ptr,
                            v = in(reg) $v as $word,
                            tmp = out(reg) _,
                            status = out(reg) _,
                            options(nostack)
                        )
                    }
                };
            }
            by_width!($I, case)
        })
    };
}

impl<P: Place> CpuOps for P {
    #[inline(always)]
    unsafe fn read<I: ScalarType, O: Offset, A: Access>(self) -> I {
        // SAFETY: The caller says that there is an `I`.
        on_copy::<I, O, A, _>(self, |ptr| unsafe { ptr.read_volatile() })
    }

    #[inline(always)]
    unsafe fn write<I: ScalarType, O: Offset, A: Access>(self, v: I) {
        // SAFETY: The caller says that there is an `I`.
        on_copy::<I, O, A, _>(self, |ptr| unsafe { ptr.write_volatile(v) })
    }

    #[inline(always)]
    unsafe fn add<I: ScalarType, O: Offset, A: Access>(self, v: I) {
        let v = v.to_bits();
        if A::ATOMIC {
            return operation!(I, O, A, self, v, "add", "ldadd");
        }
        // SAFETY: By the caller's promise.
        unsafe { update::<I, O, A>(self, |old| old.wrapping_add(v)) };
    }

    #[inline(always)]
    unsafe fn and<I: ScalarType, O: Offset, A: Access>(self, v: I) {
        let v = v.to_bits();
        if A::ATOMIC {
            return operation!(I, O, A, self, !v, "bic", "ldclr");
        }
        // SAFETY: By the caller's promise.
        unsafe { update::<I, O, A>(self, |old| old & v) };
    }

    #[inline(always)]
    unsafe fn or<I: ScalarType, O: Offset, A: Access>(self, v: I) {
        let v = v.to_bits();
        if A::ATOMIC {
            return operation!(I, O, A, self, v, "orr", "ldset");
        }
        // SAFETY: By the caller's promise.
        unsafe { update::<I, O, A>(self, |old| old | v) };
    }

    #[inline(always)]
    unsafe fn inc<I: ScalarType, O: Offset, A: Access>(self) {
        // SAFETY: By the caller's promise; 1 is a value of every integer.
        unsafe { self.add::<I, O, A>(I::from_bits(1)) }
    }

    #[inline(always)]
    unsafe fn dec<I: ScalarType, O: Offset, A: Access>(self) {
        // SAFETY: By the caller's promise; all ones are a value of every integer.
        unsafe { self.add::<I, O, A>(I::from_bits(u64::MAX)) }
    }

    #[inline(always)]
    unsafe fn add_return<I: ScalarType, O: Offset, A: Access>(self, v: I) -> I {
        let v = v.to_bits();
        if !A::ATOMIC {
            // SAFETY: By the caller's promise.
            return unsafe { update::<I, O, A>(self, |old| old.wrapping_add(v)) }.1;
        }
        let sum = on_copy::<I, O, A, _>(self, |ptr| {
            macro_rules! case {
                ($word:ty, $sfx:literal, $w:literal) => {{
                    let sum: $word;
                    // SAFETY: Changes the word that the caller says is at `ptr`.
                    unsafe {
                        asm!(
                            alternative!(
                                concat!(
                                    "2: ldxr", $sfx, " {sum:", $w, "}, [{ptr}]\n",
                                    "add {sum:", $w, "}, {sum:", $w, "}, {v:", $w, "}\n",
                                    "stxr", $sfx, " {status:w}, {sum:", $w, "}, [{ptr}]\n",
                                    "cbnz {status:w}, 2b"
                                ),
                                concat!(
                                    ".arch_extension lse\n",
                                    "ldadd", $sfx, " {v:", $w, "}, {sum:", $w, "}, [{ptr}]\n",
                                    "add {sum:", $w, "}, {sum:", $w, "}, {v:", $w, "}\n",
                                    "nop\nnop"
                                )
                            ),
                            cap = const bindings::ARM64_HAS_LSE_ATOMICS,
                            ptr = in(reg) ptr,
                            v = in(reg) v as $word,
                            sum = out(reg) sum,
                            status = out(reg) _,
                            options(nostack)
                        )
                    };
                    u64::from(sum)
                }};
            }
            by_width!(I, case)
        });
        // SAFETY: The bits of a sum of two `I`s.
        unsafe { I::from_bits(sum) }
    }

    #[inline(always)]
    unsafe fn xchg<I: ScalarType, O: Offset, A: Access>(self, new: I) -> I {
        let new = new.to_bits();
        if !A::ATOMIC {
            // SAFETY: By the caller's promise.
            return unsafe { update::<I, O, A>(self, |_| new) }.0;
        }
        let old = on_copy::<I, O, A, _>(self, |ptr| {
            macro_rules! case {
                ($word:ty, $sfx:literal, $w:literal) => {{
                    let old: $word;
                    // SAFETY: Exchanges the word that the caller says is at `ptr`.
                    unsafe {
                        asm!(
                            alternative!(
                                concat!(
                                    "2: ldxr", $sfx, " {old:", $w, "}, [{ptr}]\n",
                                    "stxr", $sfx, " {status:w}, {new:", $w, "}, [{ptr}]\n",
                                    "cbnz {status:w}, 2b"
                                ),
                                concat!(
                                    ".arch_extension lse\n",
                                    "swp", $sfx, " {new:", $w, "}, {old:", $w, "}, [{ptr}]\n",
                                    "nop\nnop"
                                )
                            ),
                            cap = const bindings::ARM64_HAS_LSE_ATOMICS,
                            ptr = in(reg) ptr,
                            new = in(reg) new as $word,
                            old = out(reg) old,
                            status = out(reg) _,
                            options(nostack)
                        )
                    };
                    u64::from(old)
                }};
            }
            by_width!(I, case)
        });
        // SAFETY: The bits of the `I` that was there.
        unsafe { I::from_bits(old) }
    }

    #[inline(always)]
    unsafe fn cmpxchg<I: ScalarType, O: Offset, A: Access>(self, old: I, new: I) -> I {
        if !A::ATOMIC {
            // SAFETY: By the caller's promise.
            return unsafe { compare_and_store::<I, O, A>(self, old, new) };
        }
        let (old, new) = (old.to_bits(), new.to_bits());
        let now = on_copy::<I, O, A, _>(self, |ptr| {
            macro_rules! case {
                ($word:ty, $sfx:literal, $w:literal) => {{
                    let now: $word;
                    // SAFETY: Changes the word that the caller says is at `ptr`. The comparison of
                    // a narrow word is one of registers with nothing above it, on both sides.
                    unsafe {
                        asm!(
                            alternative!(
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
                            cap = const bindings::ARM64_HAS_LSE_ATOMICS,
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
}

/// The running task's `struct thread_info`.
#[inline(always)]
fn current_thread_info() -> *mut bindings::thread_info {
    let current;
    // SAFETY: Reads a register, which is the same for as long as the task runs.
    unsafe {
        asm!("mrs {}, sp_el0", out(reg) current, options(pure, nomem, nostack, preserves_flags))
    };
    current
}

/// The task's word of preemption: a count in the low half and, in the high half, zero if the
/// scheduler wants the CPU.
#[cfg(CONFIG_PREEMPT_COUNT)]
#[inline(always)]
fn preempt_word() -> *mut u64 {
    const { assert!(cfg!(target_endian = "little")) };
    current_thread_info()
        .wrapping_byte_add(core::mem::offset_of!(
            bindings::thread_info,
            __bindgen_anon_1
        ))
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
            #[cfg(all(CONFIG_PREEMPTION, CONFIG_PREEMPT_DYNAMIC))]
            bindings::dynamic_preempt_schedule_notrace();
            #[cfg(all(CONFIG_PREEMPTION, not(CONFIG_PREEMPT_DYNAMIC)))]
            bindings::preempt_schedule_notrace();
        })
    };
}

/// Whether C's `preempt_disable` is a few instructions, and not a function that checks or traces.
#[cfg(not(any(CONFIG_DEBUG_PREEMPT, CONFIG_TRACE_PREEMPT_TOGGLE)))]
pub(crate) mod preempt {
    /// # Safety
    ///
    /// Undone by `preempt_enable`, by the same task.
    #[inline(always)]
    pub(crate) unsafe fn preempt_disable() {
        // SAFETY: By the caller's promise.
        unsafe { super::preempt_disable_notrace() };
    }

    /// # Safety
    ///
    /// Undoes one `preempt_disable` of the same task.
    #[inline(always)]
    pub(crate) unsafe fn preempt_enable() {
        // SAFETY: By the caller's promise; the scheduler may be called with preemption on.
        unsafe {
            super::count_down(|| {
                #[cfg(all(CONFIG_PREEMPTION, CONFIG_PREEMPT_DYNAMIC))]
                kernel::bindings::dynamic_preempt_schedule();
                #[cfg(all(CONFIG_PREEMPTION, not(CONFIG_PREEMPT_DYNAMIC)))]
                kernel::bindings::preempt_schedule();
            })
        };
    }
}

#[cfg(any(CONFIG_DEBUG_PREEMPT, CONFIG_TRACE_PREEMPT_TOGGLE))]
pub(crate) use super::preempt_in_c as preempt;

/// The number of this CPU, which may be another one by the time it is looked at.
#[inline(always)]
pub(crate) fn raw_smp_processor_id() -> CpuId {
    // SAFETY: The task's own field, which the scheduler keeps to the number of the CPU it runs on.
    unsafe { CpuId::from_u32_unchecked((&raw const (*current_thread_info()).cpu).read_volatile()) }
}

/// What takes a per-CPU pointer to this CPU's copy: `__my_cpu_offset` in C.
#[inline(always)]
pub(crate) fn this_cpu_offset() -> usize {
    let offset;
    // SAFETY: Reads the register that the kernel keeps the offset in. On the processors with this
    // capability it runs one level higher.
    unsafe {
        asm!(
            alternative!("mrs {offset}, tpidr_el1", "mrs {offset}, tpidr_el2"),
            cap = const bindings::ARM64_HAS_VIRT_HOST_EXTN,
            offset = out(reg) offset,
            options(readonly, nostack, preserves_flags)
        )
    };
    offset
}

// Interrupts off serve as well as the pair instructions that C takes.
pub(crate) use super::irqs_off_cmpxchg128 as cmpxchg128;
