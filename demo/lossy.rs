// SPDX-License-Identifier: GPL-2.0

//! What goes wrong without a guard: a counter that loses what others add meanwhile.

use super::{
    abi::debugfs::Dir,
    counter::{
        self,
        decimal, //
    },
};
use kernel::{
    prelude::*,
    time::{
        delay::fsleep,
        Delta, //
    },
    uaccess::UserSliceReader, //
};
use percpu::{
    define_per_cpu,
    CpusHeld,
    Scalar, //
};

define_per_cpu! {
    static LOSSY: Scalar<u64> = Scalar::new(0);
}

/// Makes the counter's directory.
pub(crate) fn show_in<T: Sync>(dir: &Dir<'_, T>) {
    let dir = dir.dir(c"lossy");
    dir.read_file(c"total", |_, f| counter::total(&LOSSY, f));
    dir.read_file(c"per_cpu", |_, f| counter::per_cpu(&LOSSY, f));
    dir.write_file(c"add", |_, input| add(input));
}

/// Adds in two steps, with enough time in between for others to come by: tasks on this CPU, whose
/// additions are overwritten, and for this task to be moved to another CPU, whose copy is.
fn add(input: &mut UserSliceReader) -> Result {
    let delta = decimal(input)?;
    let value = LOSSY.this_cpu_read();
    fsleep(Delta::from_millis(1));
    LOSSY.this_cpu_write(value.wrapping_add(delta));
    Ok(())
}

/// Takes it back to zero.
pub(crate) fn reset(cpus: &CpusHeld) {
    LOSSY.write_all(cpus, 0);
}
