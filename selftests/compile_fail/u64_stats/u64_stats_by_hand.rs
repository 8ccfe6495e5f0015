// SPDX-License-Identifier: GPL-2.0

//! Whoever says that a type is made of counts takes the word `unsafe`.

use percpu::*;

#[derive(Clone, Copy)]
pub struct Any(pub bool);

//~ E0200
//@
impl U64Counts for Any {}
