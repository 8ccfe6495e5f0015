// SPDX-License-Identifier: GPL-2.0

//! The demo's border to C: debugfs files and trace events, its own and the kernel's.

pub(crate) mod debugfs;
pub(crate) mod event_counter;
pub(crate) mod members;
pub(crate) mod trace;

mod bindings {
    #![allow(
        dead_code,
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
    include!(env!("DEMO_ABI_BINDINGS"));
}
