// SPDX-License-Identifier: GPL-2.0

//! The parts of the demo.

#[allow(unsafe_code)] // The border to C; nothing else of the demo has any.
pub(crate) mod abi;
pub(crate) mod approximate;
pub(crate) mod counter;
mod events;
pub(crate) mod lossy;
