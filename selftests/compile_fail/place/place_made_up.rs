// SPDX-License-Identifier: GPL-2.0

//! Rule 13: who says where the copies are has to promise it, by `unsafe`.

use percpu::*;

#[derive(Clone, Copy)]
pub struct Nowhere(place::Allocated<u64>);

impl Place for Nowhere {
    type Target = u64;
    type Root = place::Allocated<u64>;
    type Offset = place::Zero;

    fn root(self) -> Self::Root {
        self.0
    }

    fn offset(self) -> place::Zero {
        place::Zero
    }

    fn as_ptr(self) -> *mut u64 {
        core::ptr::null_mut()
    }
}

pub fn f(nowhere: Nowhere) {
    //~ E0133
    //@ let _ = nowhere;
    let _ = PerCpu::from_place(nowhere);
}
