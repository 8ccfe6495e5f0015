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
    ($place:ty, $storage:path) => {
        // SAFETY: Each operation is one instruction on this CPU's copy of `$storage`, which is
        // what `as_ptr()` of this place names.
        unsafe impl $crate::place::Place for $place {
            $crate::__percpu_ops!(self, "{at}(%rip)", [at = sym $storage]);
        }
    };
}

/// One instruction whose last operand is the per-CPU memory.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_asm {
    ($insn:expr, $mem:literal, [$($at:tt)*] $(, $($operand:tt)*)?) => {
        ::core::arch::asm!(
            concat!($insn, " ", $crate::__percpu_seg!(), $mem),
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
    ($op:literal, $I:ty, $mem:literal, $at:tt) => {
        match ::core::mem::size_of::<$I>() {
            1 => $crate::__percpu_asm!(concat!($op, "b"), $mem, $at),
            2 => $crate::__percpu_asm!(concat!($op, "w"), $mem, $at),
            4 => $crate::__percpu_asm!(concat!($op, "l"), $mem, $at),
            _ => $crate::__percpu_asm!(concat!($op, "q"), $mem, $at),
        }
    };
}

/// `mov`, `add` and the like, from a register.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_binary {
    ($op:literal, $I:ty, $v:expr, $mem:literal, $at:tt) => {{
        let v = $crate::ScalarType::to_bits($v);
        match ::core::mem::size_of::<$I>() {
            1 => $crate::__percpu_asm!(concat!($op, "b {v},"), $mem, $at, v = in(reg_byte) v as u8),
            2 => $crate::__percpu_asm!(concat!($op, "w {v:x},"), $mem, $at, v = in(reg) v as u16),
            4 => $crate::__percpu_asm!(concat!($op, "l {v:e},"), $mem, $at, v = in(reg) v as u32),
            _ => $crate::__percpu_asm!(concat!($op, "q {v:r},"), $mem, $at, v = in(reg) v),
        }
    }};
}

/// `mov` into a register.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_load {
    ($I:ty, $mem:literal, $at:tt) => {
        match ::core::mem::size_of::<$I>() {
            1 => $crate::__percpu_load!(@ u8, reg_byte, "{v}", $mem, $at),
            2 => $crate::__percpu_load!(@ u16, reg, "{v:x}", $mem, $at),
            4 => $crate::__percpu_load!(@ u32, reg, "{v:e}", $mem, $at),
            _ => $crate::__percpu_load!(@ u64, reg, "{v:r}", $mem, $at),
        }
    };
    (@ $word:ty, $class:ident, $reg:literal, $mem:literal, [$($at:tt)*]) => {{
        let v: $word;
        ::core::arch::asm!(
            concat!("mov ", $crate::__percpu_seg!(), $mem, ", ", $reg),
            $($at)*,
            v = out($class) v,
            options(att_syntax, nostack, preserves_flags, readonly)
        );
        u64::from(v)
    }};
}

/// `xadd`: the sum into memory, the old value into the register.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_xadd {
    ($I:ty, $v:expr, $mem:literal, $at:tt) => {
        match ::core::mem::size_of::<$I>() {
            1 => $crate::__percpu_xadd!(@ u8, reg_byte, "b {v},", $v, $mem, $at),
            2 => $crate::__percpu_xadd!(@ u16, reg, "w {v:x},", $v, $mem, $at),
            4 => $crate::__percpu_xadd!(@ u32, reg, "l {v:e},", $v, $mem, $at),
            _ => $crate::__percpu_xadd!(@ u64, reg, "q {v:r},", $v, $mem, $at),
        }
    };
    (@ $word:ty, $class:ident, $reg:literal, $v:expr, $mem:literal, $at:tt) => {{
        let mut v = $v as $word;
        $crate::__percpu_asm!(concat!("xadd", $reg), $mem, $at, v = inout($class) v);
        u64::from(v)
    }};
}

/// `cmpxchg`: the old value comes back in the accumulator.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_cmpxchg {
    ($I:ty, $old:expr, $new:expr, $mem:literal, $at:tt) => {
        match ::core::mem::size_of::<$I>() {
            1 => $crate::__percpu_cmpxchg!(@ u8, reg_byte, "al", "b {new},", $old, $new, $mem, $at),
            2 => $crate::__percpu_cmpxchg!(@ u16, reg, "ax", "w {new:x},", $old, $new, $mem, $at),
            4 => $crate::__percpu_cmpxchg!(@ u32, reg, "eax", "l {new:e},", $old, $new, $mem, $at),
            _ => $crate::__percpu_cmpxchg!(@ u64, reg, "rax", "q {new:r},", $old, $new, $mem, $at),
        }
    };
    (@ $word:ty, $class:ident, $acc:tt, $reg:literal, $old:expr, $new:expr, $mem:literal,
     $at:tt) => {{
        let mut old = $old as $word;
        $crate::__percpu_asm!(
            concat!("cmpxchg", $reg), $mem, $at,
            new = in($class) $new as $word, inout($acc) old
        );
        u64::from(old)
    }};
}

/// The methods of [`Place`](crate::place::Place) for the memory operand `$mem`, in which `{at}`
/// is what `$at` says.
#[doc(hidden)]
#[macro_export]
macro_rules! __percpu_ops {
    ($this:ident, $mem:literal, $at:tt) => {
        #[inline(always)]
        unsafe fn this_cpu_read<I: $crate::ScalarType>($this) -> I {
            // SAFETY: The caller says that the place holds an `I`; one instruction reads it.
            unsafe { I::from_bits($crate::__percpu_load!(I, $mem, $at)) }
        }

        #[inline(always)]
        unsafe fn this_cpu_write<I: $crate::ScalarType>($this, v: I) {
            // SAFETY: As in `this_cpu_read`, for writing.
            unsafe { $crate::__percpu_binary!("mov", I, v, $mem, $at) }
        }

        #[inline(always)]
        unsafe fn this_cpu_add<I: $crate::ScalarType>($this, v: I) {
            // SAFETY: As in `this_cpu_write`.
            unsafe { $crate::__percpu_binary!("add", I, v, $mem, $at) }
        }

        #[inline(always)]
        unsafe fn this_cpu_and<I: $crate::ScalarType>($this, v: I) {
            // SAFETY: As in `this_cpu_write`.
            unsafe { $crate::__percpu_binary!("and", I, v, $mem, $at) }
        }

        #[inline(always)]
        unsafe fn this_cpu_or<I: $crate::ScalarType>($this, v: I) {
            // SAFETY: As in `this_cpu_write`.
            unsafe { $crate::__percpu_binary!("or", I, v, $mem, $at) }
        }

        #[inline(always)]
        unsafe fn this_cpu_inc<I: $crate::ScalarType>($this) {
            // SAFETY: As in `this_cpu_write`.
            unsafe { $crate::__percpu_unary!("inc", I, $mem, $at) }
        }

        #[inline(always)]
        unsafe fn this_cpu_dec<I: $crate::ScalarType>($this) {
            // SAFETY: As in `this_cpu_write`.
            unsafe { $crate::__percpu_unary!("dec", I, $mem, $at) }
        }

        #[inline(always)]
        unsafe fn this_cpu_add_return<I: $crate::ScalarType>($this, v: I) -> I {
            let v = $crate::ScalarType::to_bits(v);
            // SAFETY: As in `this_cpu_write`.
            unsafe { I::from_bits($crate::__percpu_xadd!(I, v, $mem, $at).wrapping_add(v)) }
        }

        #[inline(always)]
        unsafe fn this_cpu_cmpxchg<I: $crate::ScalarType>($this, old: I, new: I) -> I {
            let (old, new) = ($crate::ScalarType::to_bits(old), $crate::ScalarType::to_bits(new));
            // SAFETY: As in `this_cpu_write`.
            unsafe { I::from_bits($crate::__percpu_cmpxchg!(I, old, new, $mem, $at)) }
        }
    };
}

// SAFETY: Each operation is one instruction on this CPU's copy of what `as_ptr()` points at.
unsafe impl<T> crate::place::Place for crate::place::Allocated<T> {
    crate::__percpu_ops!(self, "({at})", [at = in(reg) crate::place::Address::as_ptr(self)]);
}
