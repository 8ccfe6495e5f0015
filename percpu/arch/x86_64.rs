// SPDX-License-Identifier: GPL-2.0

//! x86-64: one instruction relative to `%gs`.
//!
//! C header: [`arch/x86/include/asm/percpu.h`](srctree/arch/x86/include/asm/percpu.h)
//!
//! An instruction cannot be split by an interrupt, an NMI or a migration, so nothing is disabled
//! around it. There is no `lock` prefix: the operation is atomic on this CPU only.
//!
//! An instruction names its static variable by symbol, so it has to be written down where the
//! symbol is known: `__percpu_ops!` is expanded once for every static variable, with the memory
//! operand `symbol(%rip)`, and once for all allocated ones, with `(register)`. No `asm!` is marked
//! `nomem`: each reads or writes memory that other code sees. Once the oldest rustc has
//! `asm_const_ptr`, a `const` operand may be an address, and these macros can be functions.
//!
//! The macros are expanded in other crates, where `core`, `u32` or `concat!` may be anything, and
//! `v` a constant, and traits of the user's have methods of any name. So all names in them start at
//! `$crate`, or with `__percpu_`, and methods are inherent or a bound's.

use core::arch::asm;
use kernel::prelude::*;
use percpu_abi as abi;

/// Prefix of a memory operand; without SMP the only copy is addressed as it stands.
#[cfg(CONFIG_SMP)]
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_seg {
    () => {
        "%gs:"
    };
}

#[cfg(not(CONFIG_SMP))]
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_seg {
    () => {
        ""
    };
}

/// The operations of the static variable `$root`, whose storage is the symbol `$storage`.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_static_ops {
    ($root:ty, $storage:path) => {
        impl $crate::place::CpuOps for $root {
            $crate::__percpu_ops!(self, static [$storage]);
        }
    };
}

/// An operation on the `I` at `$offset`, an `O`, into what `$this` is: `static [SYMBOL]` or
/// `allocated []`.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_insn {
    ($this:ident, $offset:ident, static [$storage:path], $($insn:tt)*) => {
        if <O as $crate::place::Offset>::STRIDE == 0 {
            $crate::__percpu_insn!(
                "{__percpu_off}+{__percpu_at}(%rip)", [__percpu_at = sym $storage,], $($insn)*
            )
        } else {
            $crate::__percpu_insn!(
                "{__percpu_off}+{__percpu_at}(,{__percpu_index},{__percpu_scale})",
                [
                    __percpu_at = sym $storage,
                    __percpu_index = in(reg) $crate::place::Offset::scaled($offset),
                    __percpu_scale = const <O as $crate::place::Offset>::SCALE,
                ],
                $($insn)*
            )
        }
    };
    ($this:ident, $offset:ident, allocated [], $($insn:tt)*) => {
        if <O as $crate::place::Offset>::STRIDE == 0 {
            $crate::__percpu_insn!(
                "{__percpu_off}({__percpu_at})",
                [__percpu_at = in(reg) $crate::place::Place::as_ptr($this),],
                $($insn)*
            )
        } else {
            $crate::__percpu_insn!(
                "{__percpu_off}({__percpu_at},{__percpu_index},{__percpu_scale})",
                [
                    __percpu_at = in(reg) $crate::place::Place::as_ptr($this),
                    __percpu_index = in(reg) $crate::place::Offset::scaled($offset),
                    __percpu_scale = const <O as $crate::place::Offset>::SCALE,
                ],
                $($insn)*
            )
        }
    };
    // For each width: a register's type and class, the suffix of instructions, how the register is
    // written, and the accumulator. Then what reads into a whole register, as a part would wait for
    // what was there.
    ($mem:literal, $at:tt, $($insn:tt)*) => {
        match $crate::__core::mem::size_of::<I>() {
            1 => $crate::__percpu_insn!(
                (u8 reg_byte "b" "" "al") ("movzbl " u32 ":e" "eax") $mem, $at, $($insn)*
            ),
            2 => $crate::__percpu_insn!(
                (u16 reg "w" ":x" "ax") ("movzwl " u32 ":e" "eax") $mem, $at, $($insn)*
            ),
            4 => $crate::__percpu_insn!(
                (u32 reg "l" ":e" "eax") ("movl " u32 ":e" "eax") $mem, $at, $($insn)*
            ),
            _ => $crate::__percpu_insn!(
                (u64 reg "q" ":r" "rax") ("movq " u64 ":r" "rax") $mem, $at, $($insn)*
            ),
        }
    };

    // `inc` and the like.
    (($word:ident $class:ident $sfx:literal $mod:literal $acc:tt) $whole:tt $mem:literal, $at:tt,
     $op:literal) => {
        $crate::__percpu_asm!(
            $at, [$crate::__core::concat!($op, $sfx, " ", $crate::__percpu_seg!(), $mem)], []
        )
    };
    // `mov`, `add` and the like, from a register.
    (($word:ident $class:ident $sfx:literal $mod:literal $acc:tt) $whole:tt $mem:literal, $at:tt,
     $op:literal $v:expr) => {
        $crate::__percpu_asm!(
            $at,
            [$crate::__core::concat!(
                $op, $sfx, " {__percpu_v", $mod, "}, ", $crate::__percpu_seg!(), $mem
            )],
            [__percpu_v = in($class) $v as $crate::__core::primitive::$word,]
        )
    };
    // `mov` into a register.
    ($narrow:tt ($load:literal $word:ident $mod:literal $acc:tt) $mem:literal, $at:tt, load) => {{
        let __percpu_v: $crate::__core::primitive::$word;
        $crate::__percpu_asm!(
            $at,
            [$crate::__core::concat!(
                $load, $crate::__percpu_seg!(), $mem, ", {__percpu_v", $mod, "}"
            )],
            [__percpu_v = out(reg) __percpu_v, options(preserves_flags, readonly),]
        );
        __percpu_v as $crate::__core::primitive::u64
    }};
    // The sum into memory, the old value into the register.
    (($word:ident $class:ident $sfx:literal $mod:literal $acc:tt) $whole:tt $mem:literal, $at:tt,
     xadd $v:expr) => {{
        let mut __percpu_v = $v as $crate::__core::primitive::$word;
        $crate::__percpu_asm!(
            $at,
            [$crate::__core::concat!(
                "xadd", $sfx, " {__percpu_v", $mod, "}, ", $crate::__percpu_seg!(), $mem
            )],
            [__percpu_v = inout($class) __percpu_v,]
        );
        __percpu_v as $crate::__core::primitive::u64
    }};
    // The old value comes back in the accumulator.
    (($word:ident $class:ident $sfx:literal $mod:literal $acc:tt) $whole:tt $mem:literal, $at:tt,
     cmpxchg $old:expr, $new:expr) => {{
        let mut __percpu_v = $old as $crate::__core::primitive::$word;
        $crate::__percpu_asm!(
            $at,
            [$crate::__core::concat!(
                "cmpxchg", $sfx, " {__percpu_new", $mod, "}, ", $crate::__percpu_seg!(), $mem
            )],
            [
                __percpu_new = in($class) $new as $crate::__core::primitive::$word,
                inout($acc) __percpu_v,
            ]
        );
        __percpu_v as $crate::__core::primitive::u64
    }};
    // The same, and `$failed` if that did not write.
    (($word:ident $class:ident $sfx:literal $mod:literal $acc:tt) $whole:tt $mem:literal, $at:tt,
     cmpxchg $old:expr, $new:expr, else $failed:block) => {
        $crate::__percpu_asm!(
            $at,
            [
                $crate::__core::concat!(
                    "cmpxchg", $sfx, " {__percpu_new", $mod, "}, ", $crate::__percpu_seg!(), $mem
                ),
                "jne {__percpu_failed}"
            ],
            [
                __percpu_new = in($class) $new as $crate::__core::primitive::$word,
                inout($acc) $old as $crate::__core::primitive::$word => _,
                __percpu_failed = label $failed,
            ]
        )
    };
    // `cmpxchg` of what was read until it succeeds: `xchg` would lock the bus.
    (($word:ident $class:ident $sfx:literal $mod:literal $narrow:tt)
     ($load:literal $whole:ident $whole_mod:literal $acc:tt) $mem:literal, $at:tt,
     xchg $new:expr) => {{
        let __percpu_v: $crate::__core::primitive::$whole;
        $crate::__percpu_asm!(
            $at,
            [
                $crate::__core::concat!($load, $crate::__percpu_seg!(), $mem, ", %", $acc),
                $crate::__core::concat!(
                    "2: cmpxchg", $sfx, " {__percpu_new", $mod, "}, ", $crate::__percpu_seg!(), $mem
                ),
                "jne 2b"
            ],
            [
                __percpu_new = in($class) $new as $crate::__core::primitive::$word,
                out($acc) __percpu_v,
            ]
        );
        __percpu_v as $crate::__core::primitive::u64
    }};
}

/// `$line`s with the memory operand's operands `$at` and the others.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_asm {
    ([$($at:tt)*], [$($line:expr),*], [$($operand:tt)*]) => {
        $crate::__core::arch::asm!(
            $($line,)*
            __percpu_off = const <O as $crate::place::Offset>::BYTES,
            $($at)*
            $($operand)*
            options(att_syntax, nostack)
        )
    };
}

/// The methods of [`CpuOps`](crate::place::CpuOps) for a variable that is `static [SYMBOL]` or
/// `allocated []`. `O` and `I` in the macros above are the type parameters of these.
///
/// A single instruction is atomic whether or not that is asked for.
// Anybody can expand this: nothing that is given to it is evaluated.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_ops {
    ($this:ident, $kind:ident [$($storage:path)?]) => {
        #[inline(always)]
        unsafe fn read<
            I: $crate::ScalarType,
            O: $crate::place::Offset,
            A: $crate::place::Access,
        >($this, __percpu_offset: O) -> I {
            // SAFETY: The caller says that there is an `I` in the place, for these operations only.
            unsafe { I::from_bits($crate::__percpu_insn!($this, __percpu_offset, $kind [$($storage)?], load)) }
        }

        #[inline(always)]
        unsafe fn write<
            I: $crate::ScalarType,
            O: $crate::place::Offset,
            A: $crate::place::Access,
        >($this, __percpu_offset: O, __percpu_v: I) {
            let __percpu_v = $crate::ScalarType::to_bits(__percpu_v);
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_insn!($this, __percpu_offset, $kind [$($storage)?], "mov" __percpu_v) }
        }

        #[inline(always)]
        unsafe fn add<
            I: $crate::ScalarType,
            O: $crate::place::Offset,
            A: $crate::place::Access,
        >($this, __percpu_offset: O, __percpu_v: I) {
            let __percpu_v = $crate::ScalarType::to_bits(__percpu_v);
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_insn!($this, __percpu_offset, $kind [$($storage)?], "add" __percpu_v) }
        }

        #[inline(always)]
        unsafe fn and<
            I: $crate::ScalarType,
            O: $crate::place::Offset,
            A: $crate::place::Access,
        >($this, __percpu_offset: O, __percpu_v: I) {
            let __percpu_v = $crate::ScalarType::to_bits(__percpu_v);
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_insn!($this, __percpu_offset, $kind [$($storage)?], "and" __percpu_v) }
        }

        #[inline(always)]
        unsafe fn or<
            I: $crate::ScalarType,
            O: $crate::place::Offset,
            A: $crate::place::Access,
        >($this, __percpu_offset: O, __percpu_v: I) {
            let __percpu_v = $crate::ScalarType::to_bits(__percpu_v);
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_insn!($this, __percpu_offset, $kind [$($storage)?], "or" __percpu_v) }
        }

        #[inline(always)]
        unsafe fn inc<
            I: $crate::ScalarType,
            O: $crate::place::Offset,
            A: $crate::place::Access,
        >($this, __percpu_offset: O) {
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_insn!($this, __percpu_offset, $kind [$($storage)?], "inc") }
        }

        #[inline(always)]
        unsafe fn dec<
            I: $crate::ScalarType,
            O: $crate::place::Offset,
            A: $crate::place::Access,
        >($this, __percpu_offset: O) {
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_insn!($this, __percpu_offset, $kind [$($storage)?], "dec") }
        }

        #[inline(always)]
        unsafe fn add_return<
            I: $crate::ScalarType,
            O: $crate::place::Offset,
            A: $crate::place::Access,
        >($this, __percpu_offset: O, __percpu_v: I) -> I {
            let __percpu_v = $crate::ScalarType::to_bits(__percpu_v);
            // SAFETY: As in `read`.
            unsafe {
                I::from_bits(
                    $crate::__percpu_insn!($this, __percpu_offset, $kind [$($storage)?], xadd __percpu_v)
                        .wrapping_add(__percpu_v),
                )
            }
        }

        #[inline(always)]
        unsafe fn xchg<
            I: $crate::ScalarType,
            O: $crate::place::Offset,
            A: $crate::place::Access,
        >($this, __percpu_offset: O, __percpu_new: I) -> I {
            if !A::ATOMIC {
                // SAFETY: As in `read`.
                unsafe {
                    let __percpu_old = $crate::place::CpuOps::read::<I, O, A>($this, __percpu_offset);
                    $crate::place::CpuOps::write::<I, O, A>($this, __percpu_offset, __percpu_new);
                    return __percpu_old;
                }
            }
            let __percpu_new = $crate::ScalarType::to_bits(__percpu_new);
            // SAFETY: As in `read`.
            unsafe { I::from_bits($crate::__percpu_insn!($this, __percpu_offset, $kind [$($storage)?], xchg __percpu_new)) }
        }

        #[inline(always)]
        unsafe fn cmpxchg<
            I: $crate::ScalarType,
            O: $crate::place::Offset,
            A: $crate::place::Access,
        >($this, __percpu_offset: O, __percpu_old: I, __percpu_new: I) -> I {
            let __percpu_old = $crate::ScalarType::to_bits(__percpu_old);
            let __percpu_new = $crate::ScalarType::to_bits(__percpu_new);
            // SAFETY: As in `read`.
            unsafe {
                I::from_bits($crate::__percpu_insn!(
                    $this, __percpu_offset, $kind [$($storage)?], cmpxchg __percpu_old, __percpu_new
                ))
            }
        }

        #[inline(always)]
        unsafe fn try_cmpxchg<
            I: $crate::ScalarType,
            O: $crate::place::Offset,
            A: $crate::place::Access,
        >($this, __percpu_offset: O, __percpu_old: &mut I, __percpu_new: I) -> $crate::__core::primitive::bool {
            let __percpu_expected = $crate::ScalarType::to_bits(*__percpu_old);
            let __percpu_bits = $crate::ScalarType::to_bits(__percpu_new);
            // SAFETY: As in `read`.
            unsafe {
                $crate::__percpu_insn!(
                    $this, __percpu_offset, $kind [$($storage)?], cmpxchg __percpu_expected, __percpu_bits, else {
                        // The flag tells, but an `asm!` that jumps has no results. So what was
                        // there is found by trying once more, and this time may be the right one.
                        // SAFETY: As in `read`.
                        return unsafe {
                            $crate::place::cmpxchg_and_compare::<_, I, O, A>(
                                $this, __percpu_offset, __percpu_old, __percpu_new,
                            )
                        };
                    }
                );
                // Code of its own for the good way; else newer compilers load its result before they try.
                $crate::__core::arch::asm!("", options(nomem, nostack, preserves_flags));
            };
            true
        }
    };
}

// By one instruction, or by `cmpxchg` until it succeeds.
#[allow(clippy::cast_lossless)] // `u64::from` could be a user's, where the macro is expanded there
impl<T> crate::place::CpuOps for crate::place::Allocated<T> {
    crate::__percpu_ops!(self, allocated []);
}

/// # Safety
///
/// Undone by `preempt_enable`, by the same task.
#[cfg(percpu_inline = "preempt")]
#[inline(always)]
pub(crate) unsafe fn preempt_disable() {
    // SAFETY: Counts up the word that the scheduler looks at, on this CPU.
    unsafe { asm!(code!(preempt_count_inc), options(att_syntax, nostack)) };
}

/// # Safety
///
/// Undoes one `preempt_disable` of the same task.
#[cfg(percpu_inline = "preempt")]
#[inline(always)]
pub(crate) unsafe fn preempt_enable() {
    // SAFETY: Counts down the word; if it says zero, preemption is on and the scheduler wants the
    // CPU. What is called then keeps all registers.
    #[cfg(CONFIG_PREEMPTION)]
    unsafe {
        asm!(
            code!(preempt_count_dec),
            "je {resched}",
            resched = label { schedule() },
            options(att_syntax, nostack)
        )
    };
    // SAFETY: Counts down the word.
    #[cfg(not(CONFIG_PREEMPTION))]
    unsafe {
        asm!(code!(preempt_count_dec), options(att_syntax, nostack))
    };
}

/// What C calls, patched at run time where preemption can be chosen then.
#[cfg(all(CONFIG_PREEMPTION, percpu_inline = "preempt"))]
#[cold]
#[inline(always)]
fn schedule() {
    // SAFETY: May be called with preemption on; keeps all registers. `nostack`, as the kernel has
    // no red zone that the return address could overwrite, and aligns stacks to 8 bytes.
    unsafe { asm!(code!(preempt_schedule), options(att_syntax, nostack)) };
}

#[cfg(not(percpu_inline = "preempt"))]
pub(crate) use super::in_c::{
    preempt_disable,
    preempt_enable, //
};

/// The number of this CPU, which may be another one by the time it is looked at.
#[cfg(all(CONFIG_SMP, percpu_inline = "number"))]
#[inline(always)]
pub(crate) fn raw_smp_processor_id() -> kernel::cpu::CpuId {
    // SAFETY: Reads the kernel's own per-CPU variable, which holds a CPU number.
    unsafe {
        let cpu: i32;
        asm!(
            code!(raw_smp_processor_id),
            out = out(reg) cpu,
            options(att_syntax, nostack, preserves_flags, readonly)
        );
        kernel::cpu::CpuId::from_i32_unchecked(cpu)
    }
}

#[cfg(not(all(CONFIG_SMP, percpu_inline = "number")))]
pub(crate) use super::in_c::raw_smp_processor_id;

/// What takes a per-CPU pointer to this CPU's copy: `__my_cpu_offset` in C.
#[cfg(CONFIG_SMP)]
#[inline(always)]
fn this_cpu_offset() -> usize {
    let offset;
    // SAFETY: Reads the kernel's own per-CPU variable.
    unsafe {
        asm!(
            code!(this_cpu_offset),
            out = out(reg) offset,
            options(att_syntax, nostack, preserves_flags, readonly)
        )
    };
    offset
}

#[cfg(not(CONFIG_SMP))]
use super::in_c::this_cpu_offset;

/// The address of this CPU's copy.
#[inline(always)]
pub(crate) fn raw_cpu_ptr<T>(ptr: *mut T) -> *mut T {
    crate::place::shift(ptr, this_cpu_offset())
}

/// Writes `new` if this CPU's copy of what `ptr` names equals `old`; returns what it was.
///
/// # Safety
///
/// `ptr` is a per-CPU pointer to 16 bytes, so aligned, that only this function touches.
#[inline]
pub(crate) unsafe fn cmpxchg128(ptr: *mut u128, old: u128, new: u128) -> Result<u128> {
    // SAFETY: Asks about the boot CPU; C takes no processor that differs.
    if !unsafe { abi::rust_percpu_has_cmpxchg128() } {
        return Err(ENOTSUPP);
    }
    let (mut low, mut high) = (old as u64, (old >> 64) as u64);
    // SAFETY: One instruction on this CPU's copy, in which the caller says are 16 bytes.
    unsafe {
        asm!(
            // The compiler keeps %rbx to itself.
            "xchgq %rbx, {low}",
            concat!("cmpxchg16b ", __percpu_seg!(), "(%rsi)"),
            "movq {low}, %rbx",
            low = inout(reg) new as u64 => _,
            in("rcx") (new >> 64) as u64,
            in("rsi") ptr,
            inout("rax") low,
            inout("rdx") high,
            options(att_syntax, nostack)
        )
    };
    Ok(u128::from(high) << 64 | u128::from(low))
}
