// SPDX-License-Identifier: GPL-2.0

//! debugfs: the value is a `T`, and not what a `T` would do for.

use crate::abi::debugfs::*;
use kernel::prelude::*;

fn keep(_: &'static u64) {}

pub fn f() -> Result {
    let fill = |dir: &Dir<'_, fn(&'static u64)>| {
        //~ mismatched types | E0308 | lifetime may not live long enough
        //@ let dir: &Dir<'_, fn(&'static u64)> = dir;
        let dir: &Dir<'_, for<'a> fn(&'a u64)> = dir;
        dir.read_file(c"v", |_, _| Ok(()));
    };
    let tree = Tree::new(c"x", keep as fn(&'static u64), fill);
    drop(KBox::pin_init(tree, GFP_KERNEL)?);
    Ok(())
}
