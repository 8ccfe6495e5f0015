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
