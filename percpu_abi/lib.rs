// SPDX-License-Identifier: GPL-2.0

//! The crate's border to C: the functions of `helpers.h`.

mod bindings {
    #![allow(
        improper_ctypes,
        missing_docs,
        non_camel_case_types,
        non_upper_case_globals,
        unreachable_pub,
        unused_imports,
        clippy::all
    )]

    use kernel::{
        bindings::*,
        ffi, //
    };

    // Made by bindgen from `helpers.h`.
    include!(env!("PERCPU_ABI_BINDINGS"));
}

#[cfg(CONFIG_X86_64)]
pub use bindings::rust_percpu_has_cmpxchg128;
pub use bindings::{
    rust_percpu_cpus_read_lock,
    rust_percpu_cpus_read_unlock,
    rust_percpu_irq_restore,
    rust_percpu_irq_save,
    rust_percpu_preempt_disable,
    rust_percpu_preempt_enable,
    rust_percpu_raw_irq_restore,
    rust_percpu_raw_irq_save, //
};
