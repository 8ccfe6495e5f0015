// SPDX-License-Identifier: GPL-2.0

//! Rule 13: who says where the copies are has to promise it, by `unsafe`.

use percpu::*;

#[derive(Clone, Copy)]
pub struct Nowhere;

//~ E0046 | E0200
//@
impl Place for Nowhere {}
