// SPDX-License-Identifier: GPL-2.0

//! Exports per-CPU variables, for a module in C and one in Rust.

use kernel::prelude::*;
use percpu::{
    export_per_cpu_symbol,
    on_each_cpu,
    Decimal,
    Exported,
    Scalar, //
};

module! {
    type: SymbolsExport,
    name: "symbols_export",
    authors: ["The rust_percpu authors"],
    description: "Test: per-CPU variables exported by Rust",
    license: "GPL",
}

export_per_cpu_symbol! {
    // SAFETY: The name is ours. symbols_c has it as a u64 and uses this_cpu_* and READ_ONCE.
    static symbols_hits: Scalar<u64> = unsafe { Exported::new(Scalar::new(1000)) };
    // SAFETY: As above, as an s16.
    static symbols_small: Scalar<i16> = unsafe { Exported::new(Scalar::new(-3)) };
}

struct SymbolsExport;

impl kernel::Module for SymbolsExport {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        on_each_cpu(|_| symbols_hits.this_cpu_inc());
        Ok(Self)
    }
}

impl Drop for SymbolsExport {
    fn drop(&mut self) {
        pr_info!(
            "hits {}, small {}\n",
            Decimal(symbols_hits.sum()),
            symbols_small.sum()
        );
    }
}
