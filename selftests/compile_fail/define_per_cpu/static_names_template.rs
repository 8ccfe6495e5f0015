// SPDX-License-Identifier: GPL-2.0

//! Rule 13: an initial value cannot point at the template, which is freed.

use percpu::*;

pub trait Any: Sync {}

impl<T: Send> Any for Storage<T> {}

define_per_cpu! {
    //~ E0423 | E0425 | E0277 | E0308
    //@ pub static TEMPLATE: Option<&'static dyn Any> = None;
    pub static TEMPLATE: Option<&'static dyn Any> = Some(&TEMPLATE);
}
