// SPDX-License-Identifier: GPL-2.0

//! The test programs, all in one as they have much in common: the first argument says which one.
//! This is the only list of them.

mod attacks;
mod counts;
mod cpu;
mod events;
mod faults;
mod fuzz;
mod input;
mod ktap;
mod load;
mod memory;
mod module;
mod permissions;
mod soak;
mod storm;
mod trace;
mod unload;
mod user_event;

use std::{
    env,
    process::ExitCode, //
};

const PROGRAMS: [(&str, fn() -> ExitCode); 11] = [
    ("counts", counts::main),
    ("events", events::main),
    ("faults", faults::main),
    ("fuzz", fuzz::main),
    ("input", input::main),
    ("load", load::main),
    ("permissions", permissions::main),
    ("soak", soak::main),
    ("storm", storm::main),
    ("trace", trace::main),
    ("unload", unload::main),
];

fn main() -> ExitCode {
    let name = env::args().nth(1).unwrap_or_default();
    for (program, main) in PROGRAMS {
        if name == program {
            return main();
        }
    }
    let names = PROGRAMS.map(|(program, _)| program).join(", ");
    eprintln!("usage: programs NAME [PARAMETER=VALUE | TEST]..., where NAME is one of {names}");
    ExitCode::from(2)
}
