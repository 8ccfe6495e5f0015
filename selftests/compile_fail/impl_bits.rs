// SPDX-License-Identifier: GPL-2.0

//! Rule 1: what kinds of scalars there are is for the crate to say.

use percpu::*;

pub struct Mine;

//~ E0277
//@
impl Bits for Mine {}
