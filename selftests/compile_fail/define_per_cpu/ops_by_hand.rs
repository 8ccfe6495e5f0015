// SPDX-License-Identifier: GPL-2.0

//! `unsafe`: the operations of a place take `unsafe` to call, whoever made them.

use percpu::{
    place::{
        Allocated,
        Atomic,
        CpuOps,
        Zero, //
    },
    *,
};

pub fn f(hits: Allocated<Scalar<u64>>) {
    //~ E0133
    //@ let _ = hits;
    hits.add::<u64, Zero, Atomic>(Zero, 1);
}
