// SPDX-License-Identifier: GPL-2.0

//! The test programs, all in one as they have much in common: its name says which one it is.

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
    path::Path,
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
    let path = env::args().next().unwrap_or_default();
    let name = Path::new(&path).file_name().and_then(|name| name.to_str());
    for (program, main) in PROGRAMS {
        if name == Some(program) {
            return main();
        }
    }
    let names = PROGRAMS.map(|(program, _)| program).join(", ");
    eprintln!("{path}: link me to the name of a test program: {names}");
    ExitCode::from(2)
}
