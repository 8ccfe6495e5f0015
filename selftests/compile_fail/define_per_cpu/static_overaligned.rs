// SPDX-License-Identifier: GPL-2.0

//! Rule 9: the module loader would take the alignment down to a page, silently.

use percpu::*;

#[repr(align(4096))]
pub struct Page(pub u8);

#[repr(align(32768))]
pub struct Pages(pub u8);

define_per_cpu! {
    //~ E0080
    //@ pub static PAGES: Page = Page(0);
    pub static PAGES: Pages = Pages(0);
}
