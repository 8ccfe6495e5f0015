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

// Which functions there are depends on the configuration.
pub use bindings::*;
#[cfg(CONFIG_SMP)]
pub use kernel::bindings::{
    __percpu_counter_compare as rust_percpu_counter_compare,
    __percpu_counter_init_many as rust_percpu_counter_init_many,
    __percpu_counter_sum as rust_percpu_counter_sum,
    percpu_counter_add_batch as rust_percpu_counter_add_batch,
    percpu_counter_destroy_many as rust_percpu_counter_destroy_many,
    percpu_counter_set as rust_percpu_counter_set,
    percpu_counter_sync as rust_percpu_counter_sync, //
};
