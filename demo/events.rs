// SPDX-License-Identifier: GPL-2.0

//! Counters of the kernel's own trace events.
//!
//! Writing an event's name, such as `sched:sched_switch`, to `events/attach` makes a directory of
//! that name, with `total` and `per_cpu`; writing it to `events/detach` takes it away.

use super::{
    abi::{
        debugfs::Dir,
        event_counter::EventCounter,
        members::Member, //
    },
    counter, //
};
use kernel::{
    prelude::*,
    str::CString, //
};

impl Member for EventCounter {
    /// Counts an event from now on.
    ///
    /// # Errors
    ///
    /// `EINVAL` unless `name` is that of a system and of an event, with a colon in between; those
    /// of [`EventCounter::count`].
    fn new(name: &CStr) -> Result<impl PinInit<Self, Error>> {
        let (system, event) = name.to_str()?.split_once(':').ok_or(EINVAL)?;
        let c_string = |name: &str| CString::try_from_fmt(fmt!("{name}"));
        Ok(Self::count(c_string(system)?, c_string(event)?))
    }

    fn fill(dir: &Dir<'_, Self>) {
        dir.read_file(c"total", |event, f| counter::total(event, f));
        dir.read_file(c"per_cpu", |event, f| counter::per_cpu(event, f));
    }

    fn leave<'a>(all: impl Iterator<Item = Pin<&'a mut Self>>) {
        Self::stop(all);
    }
}
