// SPDX-License-Identifier: GPL-2.0

//! debugfs: files may outlive what a stack holds, if their tree is never dropped.

use crate::abi::debugfs::*;
use kernel::prelude::*;

fn show(v: &&u64, f: &mut kernel::fmt::Formatter<'_>) -> kernel::fmt::Result {
    writeln!(f, "{:x}", **v)
}

static LASTING: u64 = 1;

pub fn f() -> Result {
    let local = 0x1234u64;
    let _ = (&LASTING, &local);
    //~ E0597
    //@ let tree = Tree::new(c"x", &LASTING, |dir| dir.read_file(c"v", show));
    let tree = Tree::new(c"x", &local, |dir| dir.read_file(c"v", show));
    let tree = KBox::pin_init(tree, GFP_KERNEL)?;
    core::mem::forget(tree);
    Ok(())
}
