// SPDX-License-Identifier: GPL-2.0

//! Boxes of every kind, made where an allocation may fail.

use kernel::{
    fmt,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};
use percpu::{
    Decimal,
    PerCpuBox,
    MAX_SIZE, //
};

static MADE: Atomic<u64> = Atomic::new(0);
static DROPPED: Atomic<u64> = Atomic::new(0);

/// What is allocated for each CPU besides its copy, and has to be dropped.
struct Contents(KBox<u64>);

impl Contents {
    fn new() -> Result<Self> {
        let contents = Self(KBox::new(1, GFP_KERNEL)?);
        MADE.add(*contents.0, Relaxed);
        Ok(contents)
    }
}

impl Drop for Contents {
    fn drop(&mut self) {
        DROPPED.add(*self.0, Relaxed);
    }
}

/// Makes boxes and drops them again.
pub(crate) fn make() -> Result {
    // As large as there are: these want memory of their own.
    let _zeroed = PerCpuBox::<[u64; MAX_SIZE / 8]>::zeroed(GFP_KERNEL)?;
    let _large = PerCpuBox::<[u64; MAX_SIZE / 8]>::zeroed(GFP_KERNEL)?;
    let _filled = PerCpuBox::new_with(|_cpu| Contents::new().ok(), GFP_KERNEL)?;
    let _in_place = PerCpuBox::<Contents>::pin_init(|_cpu| Contents::new(), GFP_KERNEL)?;
    Ok(())
}

pub(crate) fn show(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "made {}", Decimal(MADE.load(Relaxed)))?;
    writeln!(f, "dropped {}", Decimal(DROPPED.load(Relaxed)))
}
