// SPDX-License-Identifier: GPL-2.0

//! debugfs: nobody has a tree by value, to be forgotten by mistake.

use crate::abi::debugfs::*;
use kernel::prelude::*;

pub fn f() -> Result {
    let tree = Tree::new(c"x", 0u64, |_| ());
    //~ E0277 | E0308
    //@ let tree: Pin<KBox<Tree<u64>>> = KBox::pin_init(tree, GFP_KERNEL)?;
    let tree: Tree<u64> = tree;
    drop(tree);
    Ok(())
}
