// SPDX-License-Identifier: GPL-2.0

//! Takes more per-CPU memory than the kernel has at hand, and holds it until it is unloaded.

use kernel::{
    alloc::{
        flags,
        Flags, //
    },
    prelude::*, //
};
use percpu::{
    PerCpuBox,
    MAX_SIZE, //
};

module! {
    type: PercpuChunks,
    name: "percpu_chunks",
    authors: ["The rust_percpu authors"],
    description: "Test: allocations that make per-CPU chunks come and go",
    license: "GPL",
}

/// As much as fits into several chunks of any size that there is.
const BOXES: usize = 64;

type Large = PerCpuBox<[u8; MAX_SIZE]>;

struct PercpuChunks {
    _held: KVec<Large>,
}

impl kernel::Module for PercpuChunks {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let mut held = KVec::with_capacity(2 * BOXES, GFP_KERNEL)?;
        let mut take = |flags: Flags| -> Result {
            held.push(Large::zeroed(flags)?, GFP_KERNEL)?;
            Ok(())
        };
        for _ in 0..BOXES {
            take(GFP_KERNEL)?;
        }
        // Without sleeping the kernel gives what it has at hand, and no more.
        let at_hand =
            (0..BOXES).take_while(|_| take(flags::GFP_NOWAIT | flags::__GFP_NOWARN).is_ok());
        let at_hand = at_hand.count();
        pr_info!("{} boxes of {} bytes, {at_hand} at hand\n", BOXES, MAX_SIZE);
        Ok(Self { _held: held })
    }
}
