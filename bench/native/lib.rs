// SPDX-License-Identifier: GPL-2.0

//! The x86-64 operations of the percpu crate in user space, from the crate's own files.
//!
//! Threads stand for CPUs: each is pinned to a processor and has its GS base set so that `%gs:` leads
//! from a variable to the thread's own copy, as it does in the kernel.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(
    dead_code,
    missing_docs,
    non_upper_case_globals,
    unexpected_cfgs,
    unused_imports
)]

// The crate's files name these, which are the few of their items that are below.
extern crate self as kernel;
extern crate self as percpu_abi;
extern crate self as pin_init;

mod arch;
#[doc(hidden)]
#[path = "../../percpu/place.rs"]
pub mod place;
#[path = "../../percpu/scalar.rs"]
mod scalar;
mod stand_ins;
mod thread;

#[doc(hidden)]
pub use ::core as __core;
pub use place::CpuOps;
pub use scalar::ScalarType;
pub use stand_ins::*;
pub use thread::{
    processors,
    Copies,
    HITS, //
};
