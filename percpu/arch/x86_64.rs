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
//! `nomem`: each reads or writes memory that other code sees.
//!
//! The macros are expanded in other crates, where `core`, `u32` or `concat!` may be anything. So
//! all names in them start at `$crate`.

use core::arch::asm;
use kernel::{
    cpu::CpuId,
    prelude::*, //
};
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

/// The operations of a static variable whose storage is the symbol `$storage`.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_static_ops {
    ($root:ty, $storage:path) => {
        impl $crate::place::CpuOps for $root {
            $crate::__percpu_ops!(self, "{off}+{at}(%rip)", [at = sym $storage]);
        }
    };
}

/// One instruction whose last operand is the per-CPU memory.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_asm {
    ($insn:expr, $mem:literal, [$($at:tt)*] $(, $($operand:tt)*)?) => {
        $crate::__core::arch::asm!(
            $crate::__core::concat!($insn, " ", $crate::__percpu_seg!(), $mem),
            off = const <O as $crate::place::Offset>::BYTES,
            $($at)*,
            $($($operand)*,)?
            options(att_syntax, nostack)
        )
    };
}

/// `inc` and the like.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_unary {
    ($op:literal, $mem:literal, $at:tt) => {
        match $crate::__core::mem::size_of::<I>() {
            1 => $crate::__percpu_asm!($crate::__core::concat!($op, "b"), $mem, $at),
            2 => $crate::__percpu_asm!($crate::__core::concat!($op, "w"), $mem, $at),
            4 => $crate::__percpu_asm!($crate::__core::concat!($op, "l"), $mem, $at),
            _ => $crate::__percpu_asm!($crate::__core::concat!($op, "q"), $mem, $at),
        }
    };
}

/// `mov`, `add` and the like, from a register.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_binary {
    ($op:literal, $v:expr, $mem:literal, $at:tt) => {{
        let v = $crate::ScalarType::to_bits($v);
        match $crate::__core::mem::size_of::<I>() {
            1 => $crate::__percpu_binary!(u8, reg_byte, $op, "b {v},", v, $mem, $at),
            2 => $crate::__percpu_binary!(u16, reg, $op, "w {v:x},", v, $mem, $at),
            4 => $crate::__percpu_binary!(u32, reg, $op, "l {v:e},", v, $mem, $at),
            _ => $crate::__percpu_binary!(u64, reg, $op, "q {v:r},", v, $mem, $at),
        }
    }};
    ($word:ident, $class:ident, $op:literal, $reg:literal, $v:expr, $mem:literal, $at:tt) => {
        $crate::__percpu_asm!(
            $crate::__core::concat!($op, $reg), $mem, $at,
            v = in($class) $v as $crate::__core::primitive::$word
        )
    };
}

/// `mov` into a register, all of which is written to: a part would wait for what was there.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_load {
    ($mem:literal, $at:tt) => {
        match $crate::__core::mem::size_of::<I>() {
            1 => $crate::__percpu_load!(u32, "movzbl ", "{v:e}", $mem, $at),
            2 => $crate::__percpu_load!(u32, "movzwl ", "{v:e}", $mem, $at),
            4 => $crate::__percpu_load!(u32, "movl ", "{v:e}", $mem, $at),
            _ => $crate::__percpu_load!(u64, "movq ", "{v:r}", $mem, $at),
        }
    };
    ($word:ident, $op:literal, $reg:literal, $mem:literal, [$($at:tt)*]) => {{
        let v: $crate::__core::primitive::$word;
        $crate::__core::arch::asm!(
            $crate::__core::concat!($op, $crate::__percpu_seg!(), $mem, ", ", $reg),
            off = const <O as $crate::place::Offset>::BYTES,
            $($at)*,
            v = out(reg) v,
            options(att_syntax, nostack, preserves_flags, readonly)
        );
        $crate::__core::primitive::u64::from(v)
    }};
}

/// `xadd`: the sum into memory, the old value into the register.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_xadd {
    ($v:expr, $mem:literal, $at:tt) => {
        match $crate::__core::mem::size_of::<I>() {
            1 => $crate::__percpu_xadd!(u8, reg_byte, "b {v},", $v, $mem, $at),
            2 => $crate::__percpu_xadd!(u16, reg, "w {v:x},", $v, $mem, $at),
            4 => $crate::__percpu_xadd!(u32, reg, "l {v:e},", $v, $mem, $at),
            _ => $crate::__percpu_xadd!(u64, reg, "q {v:r},", $v, $mem, $at),
        }
    };
    ($word:ident, $class:ident, $reg:literal, $v:expr, $mem:literal, $at:tt) => {{
        let mut v = $v as $crate::__core::primitive::$word;
        $crate::__percpu_asm!(
            $crate::__core::concat!("xadd", $reg), $mem, $at,
            v = inout($class) v
        );
        $crate::__core::primitive::u64::from(v)
    }};
}

/// `cmpxchg`: the old value comes back in the accumulator.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_cmpxchg {
    ($old:expr, $new:expr, $mem:literal, $at:tt) => {
        match $crate::__core::mem::size_of::<I>() {
            1 => $crate::__percpu_cmpxchg!(u8, reg_byte, "al", "b {new},", $old, $new, $mem, $at),
            2 => $crate::__percpu_cmpxchg!(u16, reg, "ax", "w {new:x},", $old, $new, $mem, $at),
            4 => $crate::__percpu_cmpxchg!(u32, reg, "eax", "l {new:e},", $old, $new, $mem, $at),
            _ => $crate::__percpu_cmpxchg!(u64, reg, "rax", "q {new:r},", $old, $new, $mem, $at),
        }
    };
    ($word:ident, $class:ident, $acc:tt, $reg:literal, $old:expr, $new:expr, $mem:literal,
     $at:tt) => {{
        let mut old = $old as $crate::__core::primitive::$word;
        $crate::__percpu_asm!(
            $crate::__core::concat!("cmpxchg", $reg), $mem, $at,
            new = in($class) $new as $crate::__core::primitive::$word, inout($acc) old
        );
        $crate::__core::primitive::u64::from(old)
    }};
}

/// `cmpxchg`, and `$failed` if that did not write.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_try_cmpxchg {
    ($old:expr, $new:expr, $failed:block, $mem:literal, $at:tt) => {
        match $crate::__core::mem::size_of::<I>() {
            1 => $crate::__percpu_try_cmpxchg!(u8, reg_byte, "al", "b {new},", $old, $new, $failed, $mem, $at),
            2 => $crate::__percpu_try_cmpxchg!(u16, reg, "ax", "w {new:x},", $old, $new, $failed, $mem, $at),
            4 => $crate::__percpu_try_cmpxchg!(u32, reg, "eax", "l {new:e},", $old, $new, $failed, $mem, $at),
            _ => $crate::__percpu_try_cmpxchg!(u64, reg, "rax", "q {new:r},", $old, $new, $failed, $mem, $at),
        }
    };
    ($word:ident, $class:ident, $acc:tt, $reg:literal, $old:expr, $new:expr, $failed:block,
     $mem:literal, [$($at:tt)*]) => {
        $crate::__core::arch::asm!(
            $crate::__core::concat!("cmpxchg", $reg, " ", $crate::__percpu_seg!(), $mem),
            "jne {failed}",
            off = const <O as $crate::place::Offset>::BYTES,
            $($at)*,
            new = in($class) $new as $crate::__core::primitive::$word,
            inout($acc) $old as $crate::__core::primitive::$word => _,
            failed = label $failed,
            options(att_syntax, nostack)
        )
    };
}

/// `cmpxchg` of what was read until it succeeds: `xchg` would lock the bus.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_xchg {
    ($new:expr, $mem:literal, $at:tt) => {
        match $crate::__core::mem::size_of::<I>() {
            1 => $crate::__percpu_xchg!(u8, reg_byte, "movzbl ", "eax", u32, "b {new},", $new, $mem, $at),
            2 => $crate::__percpu_xchg!(u16, reg, "movzwl ", "eax", u32, "w {new:x},", $new, $mem, $at),
            4 => $crate::__percpu_xchg!(u32, reg, "movl ", "eax", u32, "l {new:e},", $new, $mem, $at),
            _ => $crate::__percpu_xchg!(u64, reg, "movq ", "rax", u64, "q {new:r},", $new, $mem, $at),
        }
    };
    ($word:ident, $class:ident, $load:literal, $acc:tt, $whole:ident, $reg:literal, $new:expr,
     $mem:literal, [$($at:tt)*]) => {{
        let old: $crate::__core::primitive::$whole;
        $crate::__core::arch::asm!(
            $crate::__core::concat!($load, $crate::__percpu_seg!(), $mem, ", %", $acc),
            $crate::__core::concat!("2: cmpxchg", $reg, " ", $crate::__percpu_seg!(), $mem),
            "jne 2b",
            off = const <O as $crate::place::Offset>::BYTES,
            $($at)*,
            new = in($class) $new as $crate::__core::primitive::$word,
            out($acc) old,
            options(att_syntax, nostack)
        );
        $crate::__core::primitive::u64::from(old)
    }};
}

/// The methods of [`CpuOps`](crate::place::CpuOps) for the memory operand `$mem`, in which `{at}`
/// is what `$at` says. `O` and `I` in the macros above are the type parameters of these.
///
/// A single instruction is atomic whether or not that is asked for.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_ops {
    ($this:ident, $mem:literal, $at:tt) => {
        #[inline(always)]
        unsafe fn read<I: $crate::ScalarType, O: $crate::place::Offset, A: $crate::place::Access>($this) -> I {
            // SAFETY: The caller says that there is an `I` in the place, for these operations only.
            unsafe { I::from_bits($crate::__percpu_load!($mem, $at)) }
        }

        #[inline(always)]
        unsafe fn write<I: $crate::ScalarType, O: $crate::place::Offset, A: $crate::place::Access>($this, v: I) {
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_binary!("mov", v, $mem, $at) }
        }

        #[inline(always)]
        unsafe fn add<I: $crate::ScalarType, O: $crate::place::Offset, A: $crate::place::Access>($this, v: I) {
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_binary!("add", v, $mem, $at) }
        }

        #[inline(always)]
        unsafe fn and<I: $crate::ScalarType, O: $crate::place::Offset, A: $crate::place::Access>($this, v: I) {
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_binary!("and", v, $mem, $at) }
        }

        #[inline(always)]
        unsafe fn or<I: $crate::ScalarType, O: $crate::place::Offset, A: $crate::place::Access>($this, v: I) {
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_binary!("or", v, $mem, $at) }
        }

        #[inline(always)]
        unsafe fn inc<I: $crate::ScalarType, O: $crate::place::Offset, A: $crate::place::Access>($this) {
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_unary!("inc", $mem, $at) }
        }

        #[inline(always)]
        unsafe fn dec<I: $crate::ScalarType, O: $crate::place::Offset, A: $crate::place::Access>($this) {
            // SAFETY: As in `read`.
            unsafe { $crate::__percpu_unary!("dec", $mem, $at) }
        }

        #[inline(always)]
        unsafe fn add_return<I: $crate::ScalarType, O: $crate::place::Offset, A: $crate::place::Access>($this, v: I) -> I {
            let v = $crate::ScalarType::to_bits(v);
            // SAFETY: As in `read`.
            unsafe { I::from_bits($crate::__percpu_xadd!(v, $mem, $at).wrapping_add(v)) }
        }

        #[inline(always)]
        unsafe fn xchg<I: $crate::ScalarType, O: $crate::place::Offset, A: $crate::place::Access>($this, new: I) -> I {
            if !A::ATOMIC {
                // SAFETY: As in `read`.
                unsafe {
                    let old = $crate::place::CpuOps::read::<I, O, A>($this);
                    $crate::place::CpuOps::write::<I, O, A>($this, new);
                    return old;
                }
            }
            let new = $crate::ScalarType::to_bits(new);
            // SAFETY: As in `read`.
            unsafe { I::from_bits($crate::__percpu_xchg!(new, $mem, $at)) }
        }

        #[inline(always)]
        unsafe fn cmpxchg<I: $crate::ScalarType, O: $crate::place::Offset, A: $crate::place::Access>($this, old: I, new: I) -> I {
            let (old, new) = ($crate::ScalarType::to_bits(old), $crate::ScalarType::to_bits(new));
            // SAFETY: As in `read`.
            unsafe { I::from_bits($crate::__percpu_cmpxchg!(old, new, $mem, $at)) }
        }

        #[inline(always)]
        unsafe fn try_cmpxchg<I: $crate::ScalarType, O: $crate::place::Offset, A: $crate::place::Access>(
            $this,
            old: &mut I,
            new: I,
        ) -> $crate::__core::primitive::bool {
            let (expected, bits) =
                ($crate::ScalarType::to_bits(*old), $crate::ScalarType::to_bits(new));
            // SAFETY: As in `read`.
            unsafe {
                $crate::__percpu_try_cmpxchg!(
                    expected,
                    bits,
                    {
                        // The flag tells, but an `asm!` that jumps has no results. So what was
                        // there is found by trying once more, and this time may be the right one.
                        // SAFETY: As in `read`.
                        return unsafe {
                            $crate::place::cmpxchg_and_compare::<_, I, O, A>($this, old, new)
                        };
                    },
                    $mem,
                    $at
                );
                // Code of its own for the good way; else newer compilers load its result before they try.
                $crate::__core::arch::asm!("", options(nomem, nostack, preserves_flags));
            };
            true
        }
    };
}

impl<T> crate::place::CpuOps for crate::place::Allocated<T> {
    crate::__percpu_ops!(self, "{off}({at})", [at = in(reg) crate::place::Place::as_ptr(self)]);
}

/// Whether C's `preempt_disable` is one instruction, and not a function that checks or traces.
#[cfg(all(
    CONFIG_PREEMPT_COUNT,
    not(CONFIG_DEBUG_PREEMPT),
    not(CONFIG_TRACE_PREEMPT_TOGGLE)
))]
pub(crate) mod preempt {
    use core::arch::asm;
    use kernel::bindings::__preempt_count;

    /// # Safety
    ///
    /// Undone by `preempt_enable`, by the same task.
    #[inline(always)]
    pub(crate) unsafe fn preempt_disable() {
        // SAFETY: Counts up the word that the scheduler looks at, on this CPU.
        unsafe {
            asm!(
                concat!("incl ", __percpu_seg!(), "{count}(%rip)"),
                count = sym __preempt_count,
                options(att_syntax, nostack)
            )
        };
    }

    /// # Safety
    ///
    /// Undoes one `preempt_disable` of the same task.
    #[inline(always)]
    pub(crate) unsafe fn preempt_enable() {
        // SAFETY: Counts down the word; if it says zero, preemption is on and the scheduler wants
        // the CPU. What is called then keeps all registers.
        #[cfg(CONFIG_PREEMPTION)]
        unsafe {
            asm!(
                concat!("decl ", __percpu_seg!(), "{count}(%rip)"),
                "je {resched}",
                count = sym __preempt_count,
                resched = label { schedule() },
                options(att_syntax, nostack)
            )
        };
        // SAFETY: Counts down the word.
        #[cfg(not(CONFIG_PREEMPTION))]
        unsafe {
            asm!(
                concat!("decl ", __percpu_seg!(), "{count}(%rip)"),
                count = sym __preempt_count,
                options(att_syntax, nostack)
            )
        };
    }

    /// What C calls, patched at run time where preemption can be chosen then.
    #[cfg(CONFIG_PREEMPTION)]
    #[cold]
    #[inline(always)]
    fn schedule() {
        // SAFETY: May be called with preemption on; keeps all registers. `nostack`, as the kernel
        // has no red zone that the return address could overwrite, and aligns stacks to 8 bytes.
        unsafe {
            #[cfg(CONFIG_PREEMPT_DYNAMIC)]
            asm!("call __SCT__preempt_schedule", options(att_syntax, nostack));
            #[cfg(not(CONFIG_PREEMPT_DYNAMIC))]
            asm!("call preempt_schedule_thunk", options(att_syntax, nostack));
        }
    }
}

#[cfg(not(all(
    CONFIG_PREEMPT_COUNT,
    not(CONFIG_DEBUG_PREEMPT),
    not(CONFIG_TRACE_PREEMPT_TOGGLE)
)))]
pub(crate) use super::preempt_in_c as preempt;

/// The number of this CPU, which may be another one by the time it is looked at.
#[inline(always)]
pub(crate) fn raw_smp_processor_id() -> CpuId {
    #[cfg(CONFIG_SMP)]
    // SAFETY: The kernel's own per-CPU variable, which holds a CPU number.
    unsafe {
        let cpu: i32;
        asm!(
            "movl %gs:{number}(%rip), {cpu:e}",
            number = sym kernel::bindings::cpu_number,
            cpu = out(reg) cpu,
            options(att_syntax, nostack, preserves_flags, readonly)
        );
        CpuId::from_i32_unchecked(cpu)
    }
    #[cfg(not(CONFIG_SMP))]
    CpuId::current()
}

/// What takes a per-CPU pointer to this CPU's copy: `__my_cpu_offset` in C.
#[inline(always)]
pub(crate) fn this_cpu_offset() -> usize {
    #[cfg(CONFIG_SMP)]
    // SAFETY: The kernel's own per-CPU variable.
    unsafe {
        let offset;
        asm!(
            "movq %gs:{this}(%rip), {offset}",
            this = sym kernel::bindings::this_cpu_off,
            offset = out(reg) offset,
            options(att_syntax, nostack, preserves_flags, readonly)
        );
        offset
    }
    #[cfg(not(CONFIG_SMP))]
    0
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
