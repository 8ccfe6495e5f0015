// SPDX-License-Identifier: GPL-2.0

//! The border to C: the functions of `helpers.h`; for the demo, debugfs files and trace events, its
//! own and the kernel's.

mod bindings {
    #![allow(
        improper_ctypes,
        missing_docs,
        non_camel_case_types,
        non_upper_case_globals,
        unreachable_pub,
        clippy::all
    )]

    use kernel::{
        bindings::*,
        ffi, //
    };

    // Made by bindgen from `bindings.h`.
    include!(env!("PERCPU_ABI_BINDINGS"));
}

#[cfg(CONFIG_X86_64)]
pub use bindings::rust_percpu_has_cmpxchg128;
pub use bindings::{
    rust_percpu_cpus_read_lock,
    rust_percpu_cpus_read_unlock,
    rust_percpu_event_get,
    rust_percpu_event_is_own,
    rust_percpu_event_put,
    rust_percpu_event_tracepoint,
    rust_percpu_irq_restore,
    rust_percpu_irq_save,
    rust_percpu_preempt_disable,
    rust_percpu_preempt_enable,
    rust_percpu_raw_irq_restore,
    rust_percpu_raw_irq_save,
    rust_percpu_tracepoint_synchronize, //
};

pub mod debugfs;
pub mod members;
pub mod trace;
