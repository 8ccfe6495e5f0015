// SPDX-License-Identifier: GPL-2.0

//! What the files of a counter show and take.

use super::abi::{
    debugfs::Dir,
    trace, //
};
use core::ops::Deref;
use kernel::{
    fmt,
    prelude::*,
    uaccess::UserSliceReader, //
};
use percpu::{
    get_cpu,
    Decimal,
    PerCpu,
    Pinned,
    Place,
    Scalar, //
};

/// A counter with a name, whichever way it was made.
pub(crate) struct Counter<V> {
    pub(crate) name: &'static CStr,
    pub(crate) hits: V,
}

impl<V, P> Counter<V>
where
    V: Deref<Target = PerCpu<P>> + Send + Sync + 'static,
    P: Place<Target = Scalar<u64>> + 'static,
{
    /// Makes the counter's directory in that of `T`, in which `which` finds the counter.
    pub(crate) fn show_in<T: Sync, F>(dir: &Dir<'_, T>, name: &CStr, which: F)
    where
        F: Fn(&T) -> &Self + Copy + Send + Sync + 'static,
    {
        let dir = dir.dir(name);
        dir.read_file(c"total", move |all, f| total(&which(all).hits, f));
        dir.read_file(c"per_cpu", move |all, f| per_cpu(&which(all).hits, f));
        dir.write_file(c"add", move |all, input| which(all).add(input));
    }

    fn add(&self, input: &mut UserSliceReader) -> Result {
        let delta = decimal(input)?;
        if trace::add_enabled() {
            // The event names the CPU, so stay on it.
            get_cpu(|cpu| {
                let value = self.hits.this_cpu_add_return(delta);
                trace::add(self.name, cpu.cpu().as_u32(), delta, value);
            });
        } else {
            self.hits.this_cpu_add(delta);
        }
        Ok(())
    }
}

/// The sum of all copies.
pub(crate) fn total<P>(hits: &PerCpu<P>, f: &mut fmt::Formatter<'_>) -> fmt::Result
where
    P: Place<Target = Scalar<u64>>,
{
    writeln!(f, "{}", Decimal(hits.sum()))
}

/// A line for every possible CPU, with its number and its copy.
pub(crate) fn per_cpu<P>(hits: &PerCpu<P>, f: &mut fmt::Formatter<'_>) -> fmt::Result
where
    P: Place<Target = Scalar<u64>>,
{
    for (cpu, copy) in hits.iter() {
        writeln!(f, "{} {}", cpu.as_u32(), Decimal(copy.read_once()))?;
    }
    Ok(())
}

/// Takes a decimal number, with or without a newline after it.
///
/// # Errors
///
/// `EINVAL` if it is anything else, `ERANGE` if it does not fit.
pub(crate) fn decimal(input: &mut UserSliceReader) -> Result<u64> {
    let mut buf = [0; 64];
    let buf = buf.get_mut(..input.len()).ok_or(EINVAL)?;
    input.read_slice(buf)?;
    let digits = buf.strip_suffix(b"\n").unwrap_or(buf);
    if digits.is_empty() {
        return Err(EINVAL);
    }
    digits.iter().try_fold(0u64, |value, &digit| {
        if !digit.is_ascii_digit() {
            return Err(EINVAL);
        }
        let digit = u64::from(digit - b'0');
        value
            .checked_mul(10)
            .and_then(|v| v.checked_add(digit))
            .ok_or(ERANGE)
    })
}
