// SPDX-License-Identifier: GPL-2.0

//! Events: nobody has a counter by value, to be forgotten by mistake.

use crate::abi::event_counter::EventCounter;
use kernel::prelude::*;

pub fn f() -> Result {
    let counter = EventCounter::count(c"sched", c"sched_switch");
    //~ E0308
    //@ let counter: Pin<KBox<EventCounter>> = KBox::pin_init(counter, GFP_KERNEL)?;
    let counter: EventCounter = counter;
    core::mem::forget(counter);
    Ok(())
}
