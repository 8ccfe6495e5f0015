// SPDX-License-Identifier: GPL-2.0

//! Interrupts off, by what C makes of its inline functions; or by C's functions.
#![allow(dead_code, unused_imports)] // not all by every backend

#[cfg(percpu_inline = "irqs")]
use super::assumed;
#[cfg(percpu_inline = "irqs")]
use core::arch::asm;

#[cfg(not(percpu_inline = "irqs"))]
pub(crate) use percpu_abi::{
    rust_percpu_raw_irq_restore as raw_irq_restore,
    rust_percpu_raw_irq_save as raw_irq_save, //
};

/// Turns interrupts off, unseen by lockdep and tracers, and returns what puts them back:
/// `raw_local_irq_save` in C.
///
/// # Safety
///
/// Undone by `raw_irq_restore`, in the reverse order of the calls.
#[cfg(all(percpu_inline = "irqs", CONFIG_X86_64))]
#[inline(always)]
pub(crate) unsafe fn raw_irq_save() -> usize {
    let flags;
    // SAFETY: What C does; if it is a call it keeps all registers but this one. `nostack`, as the
    // kernel has no red zone and aligns stacks to 8 bytes.
    unsafe {
        asm!(code!(irq_flags), out("rax") flags, options(att_syntax, nostack));
        asm!(code!(irq_disable), out("rax") _, options(att_syntax, nostack));
    };
    flags
}

/// # Safety
///
/// `flags` are from the last `raw_irq_save` that is not undone.
#[cfg(all(percpu_inline = "irqs", CONFIG_X86_64))]
#[inline(always)]
pub(crate) unsafe fn raw_irq_restore(flags: usize) {
    if flags & assumed::IRQ_FLAG != 0 {
        // SAFETY: As in `raw_irq_save`; they were on.
        unsafe { asm!(code!(irq_enable), out("rax") _, options(att_syntax, nostack)) };
    }
}

/// Turns interrupts off, unseen by lockdep and tracers, and returns what puts them back:
/// `raw_local_irq_save` in C.
///
/// # Safety
///
/// Undone by `raw_irq_restore`, in the reverse order of the calls.
#[cfg(all(percpu_inline = "irqs", not(any(CONFIG_X86_64, CONFIG_LOONGARCH))))]
#[inline(always)]
pub(crate) unsafe fn raw_irq_save() -> usize {
    let flags;
    // SAFETY: What C does, and no other registers.
    unsafe { asm!(code!(irq_save), out = out(reg) flags, options(nostack)) };
    flags
}

/// # Safety
///
/// `flags` are from the last `raw_irq_save` that is not undone.
#[cfg(all(percpu_inline = "irqs", not(any(CONFIG_X86_64, CONFIG_LOONGARCH))))]
#[inline(always)]
pub(crate) unsafe fn raw_irq_restore(flags: usize) {
    // The register that they are from has other bits.
    #[cfg(CONFIG_RISCV)]
    let flags = flags & assumed::IRQ_FLAG;
    // SAFETY: What C does, and no other registers.
    unsafe { asm!(code!(irq_restore), out = in(reg) flags, options(nostack)) };
}

/// Turns interrupts off, unseen by lockdep and tracers, and returns what puts them back:
/// `raw_local_irq_save` in C.
///
/// # Safety
///
/// Undone by `raw_irq_restore`, in the reverse order of the calls.
#[cfg(all(percpu_inline = "irqs", CONFIG_LOONGARCH))]
#[inline(always)]
pub(crate) unsafe fn raw_irq_save() -> usize {
    let flags;
    // SAFETY: What C does: exchanges the bits that `$t0` says.
    unsafe {
        asm!(
            code!(irq_save),
            out = inout(reg) 0usize => flags,
            in("$t0") assumed::IRQ_FLAG,
            options(nostack)
        )
    };
    flags
}

/// # Safety
///
/// `flags` are from the last `raw_irq_save` that is not undone.
#[cfg(all(percpu_inline = "irqs", CONFIG_LOONGARCH))]
#[inline(always)]
pub(crate) unsafe fn raw_irq_restore(flags: usize) {
    // SAFETY: As in `raw_irq_save`.
    unsafe {
        asm!(
            code!(irq_restore),
            out = inout(reg) flags => _,
            in("$t0") assumed::IRQ_FLAG,
            options(nostack)
        )
    };
}

/// `local_irq_save` and `local_irq_restore` in C.
#[cfg(not(any(CONFIG_TRACE_IRQFLAGS, CONFIG_DEBUG_IRQFLAGS)))]
pub(crate) use {
    raw_irq_restore as irq_restore,
    raw_irq_save as irq_save, //
};

#[cfg(any(CONFIG_TRACE_IRQFLAGS, CONFIG_DEBUG_IRQFLAGS))]
pub(crate) use percpu_abi::{
    rust_percpu_irq_restore as irq_restore,
    rust_percpu_irq_save as irq_save, //
};

/// Calls `f` with interrupts off, as `this_cpu_*` has it.
#[inline(always)]
pub(crate) fn raw_irqs_off<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: Interrupts may be turned off in any context, and are put back below.
    let flags = unsafe { raw_irq_save() };
    let result = f();
    // SAFETY: `flags` are from the `raw_irq_save` above.
    unsafe { raw_irq_restore(flags) };
    result
}
