// SPDX-License-Identifier: GPL-2.0

//! debugfs: a file does not show what is borrowed as if it were there for ever.

use crate::abi::debugfs::*;
use kernel::prelude::*;

pub fn f(dir: &Dir<'_, &u64>) {
    //~ lifetime may not live long enough | E0521 | borrowed data escapes
    //@ dir.read_file(c"v", |_, _| Ok(()));
    g(dir);
}

pub fn g(dir: &Dir<'_, &'static u64>) {
    dir.read_file(c"v", |_, _| Ok(()));
}
