// SPDX-License-Identifier: GPL-2.0

//! Rule 1: which types a `Scalar` can hold is for the crate to say.

use percpu::*;

#[derive(Clone, Copy)]
pub struct Mine;

pub trait OfMine: Copy {
    fn to_bits(self) -> u64;
    fn from_bits(bits: u64) -> Self;
}

//~ E0200 | E0277
//@ impl OfMine for Mine {
impl ScalarType for Mine {
    fn to_bits(self) -> u64 {
        0
    }

    fn from_bits(_: u64) -> Self {
        Mine
    }
}
