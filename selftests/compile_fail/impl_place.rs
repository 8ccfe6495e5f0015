// SPDX-License-Identifier: GPL-2.0

//! Rule 13: who says where the copies are has to promise it, by `unsafe`.

use percpu::*;

#[derive(Clone, Copy)]
pub struct Nowhere;

pub trait OfMine {
    type Target;
    type Root;
    type Offset;

    fn root(self) -> Self::Root;
    fn as_ptr(self) -> *mut Self::Target;
}

//~ E0200
//@ impl OfMine for Nowhere {
impl Place for Nowhere {
    type Target = u64;
    type Root = place::Allocated<u64>;
    type Offset = place::Zero;

    fn root(self) -> Self::Root {
        loop {}
    }

    fn as_ptr(self) -> *mut u64 {
        core::ptr::null_mut()
    }
}
