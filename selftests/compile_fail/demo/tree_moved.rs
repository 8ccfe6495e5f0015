// SPDX-License-Identifier: GPL-2.0

//! debugfs: a tree stays where its files look for the value.

use crate::abi::debugfs::*;
use kernel::prelude::*;

pub fn f(a: &mut Pin<KBox<Tree<u64>>>, b: &mut Pin<KBox<Tree<u64>>>) {
    //~ E0277
    //@ core::mem::swap(a, b);
    core::mem::swap(a.as_mut().get_mut(), b.as_mut().get_mut());
}
