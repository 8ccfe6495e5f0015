// SPDX-License-Identifier: GPL-2.0

//! `percpu_ref_get` is for who has a reference: others could bring it back from zero.

use kernel::prelude::*;
use percpu::*;

pub fn f<R: PercpuRefOps>(users: &PercpuRef<R>) {
    //~ E0599
    //@ drop(users.tryget());
    drop(users.get());
}
