// SPDX-License-Identifier: GPL-2.0

//! Names: the place of a variable is the macro's own type, whatever `derive` stands for.

#![allow(ill_formed_attribute_input, unused_imports)]

use core::prelude::v1::test as derive;
use percpu::*;

pub struct Other<const N: usize> {}

pub type MINE = Other<1>;

//~ E0428
//@ define_per_cpu! { pub static COUNT: Scalar<u64> = Scalar::new(7); }
define_per_cpu! { pub static MINE: Scalar<u64> = Scalar::new(7); }
