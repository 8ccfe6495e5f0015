// SPDX-License-Identifier: GPL-2.0

//! debugfs: any task may write to a file, so what it does is for any task.

use crate::abi::debugfs::*;
use kernel::prelude::*;
use kernel::types::NotThreadSafe;

#[derive(Clone, Copy)]
pub struct OnThisTask(NotThreadSafe);

impl OnThisTask {
    fn touch(&self) {}
}

pub fn f(dir: &Dir<'_, u64>, t: OnThisTask) {
    t.touch();
    //~ E0277
    //@ dir.write_file(c"v", |_, _| { Ok(()) });
    dir.write_file(c"v", move |_, _| { t.touch(); Ok(()) });
}
