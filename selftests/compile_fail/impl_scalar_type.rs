// SPDX-License-Identifier: GPL-2.0

//! Rule 1: which types a `Scalar` can hold is for the crate to say.

use percpu::*;

pub struct Mine;

//~ E0046 | E0200 | E0277
//@
impl ScalarType for Mine {}
