// SPDX-License-Identifier: GPL-2.0

//! A sum that is there without adding up, and almost exact: the kernel's `percpu_counter`.

use super::{
    abi::debugfs::Dir,
    counter::decimal, //
};
use percpu::{
    Decimal,
    PercpuCounter, //
};

/// Makes the counter's directory in that of `T`, in which `which` finds the counter.
pub(crate) fn show_in<T: Sync, F>(dir: &Dir<'_, T>, which: F)
where
    F: Fn(&T) -> &PercpuCounter + Copy + Send + Sync + 'static,
{
    let dir = dir.dir(c"approximate");
    // Wraps, as the other counters do.
    dir.read_file(c"read", move |all, f| {
        writeln!(f, "{}", Decimal(which(all).read() as u64))
    });
    dir.read_file(c"sum", move |all, f| {
        writeln!(f, "{}", Decimal(which(all).sum() as u64))
    });
    dir.write_file(c"add", move |all, input| {
        which(all).add(decimal(input)? as i64);
        Ok(())
    });
}
