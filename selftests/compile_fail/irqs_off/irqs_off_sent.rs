// SPDX-License-Identifier: GPL-2.0

//! Rule 6: a token is not sent to another CPU.

use percpu::*;

fn spawn<T: Send>(_: T) {}

pub fn f() {
    //~ E0277
    //@ irqs_off(|irqs| spawn(irqs.cpu()));
    irqs_off(|irqs| spawn(irqs));
}
