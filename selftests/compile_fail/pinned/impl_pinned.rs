// SPDX-License-Identifier: GPL-2.0

//! Rule 6: what proves to stay on its CPU has to promise it, by `unsafe`.

use percpu::*;

pub struct Anywhere;

//~ E0200
//@
impl Pinned for Anywhere {}
