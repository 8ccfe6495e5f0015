// SPDX-License-Identifier: GPL-2.0

//! All attacks in turn, round after round, leave no memory behind.
//!
//! `seconds=N` has it go on for so long, and two rounds at the least: the first may fill caches.

use crate::{
    cpu,
    ktap::{
        self,
        parameter,
        Skip, //
    },
    memory::meminfo,
    module, //
};
use std::{
    env,
    fs::{
        self,
        File, //
    },
    process::{
        Command,
        ExitCode, //
    },
    thread,
    time::{
        Duration,
        Instant, //
    },
};

const SECONDS: u64 = 1200;
/// Programs, with their parameters.
const ATTACKS: [&[&str]; 5] = [
    &["storm", "seconds=60", "rounds=2", "cycles=5"],
    &["fuzz", "writes=10000"],
    &["load", "cycles=50"],
    &["unload"],
    &["faults"],
];
/// A leak of a few bytes in each of thousands of loads is more.
const PERCENT: u64 = 5;
/// kB a CPU that the allocator of per-CPU memory may hold for the next who asks: four pages.
const HELD: u64 = 16;

extern "C" {
    fn sync();
}

/// kB of all memory, of what the kernel's slabs cannot give back, and of per-CPU memory.
type InUse = [(&'static str, u64); 3];

fn in_use() -> InUse {
    // What is freed after a grace period, and by workers, needs a moment.
    thread::sleep(Duration::from_secs(2));
    // SAFETY: No arguments.
    unsafe { sync() };
    fs::write("/proc/sys/vm/drop_caches", "3").expect("drop_caches");
    [
        ("used", meminfo("MemTotal") - meminfo("MemAvailable")),
        ("SUnreclaim", meminfo("SUnreclaim")),
        ("Percpu", meminfo("Percpu")),
    ]
}

/// Runs the program; returns what it printed, and shows it if it failed.
fn run(words: &[&str]) -> String {
    const LOG: &str = "soak.log";
    let program = env::current_exe().expect("this program");
    // One file for both, in which lines stay in order.
    let log = File::create(LOG).expect(LOG);
    let status = Command::new(program)
        .args(words)
        .stdout(log.try_clone().expect(LOG))
        .stderr(log)
        .status()
        .expect(words[0]);
    let output = fs::read(LOG).expect(LOG);
    let output = String::from_utf8_lossy(&output).into_owned();
    if !status.success() {
        output.lines().for_each(|line| println!("# {line}"));
        panic!("{}: {status}", words.join(" "));
    }
    output
}

/// Runs all attacks; returns what is in use then.
fn round(number: u64, start: Instant) -> InUse {
    let tell = |what: &str| println!("# round {number}, {} s: {what}", start.elapsed().as_secs());
    for attack in ATTACKS {
        tell(&attack.join(" "));
        // For those that take it as it is loaded.
        if !module::is_loaded() {
            module::insmod(&[]).expect("insmod");
        }
        let output = run(attack);
        let counted = |line: &&str| line.contains(" of each counter in ");
        output.lines().filter(counted).for_each(|l| println!("{l}"));
    }
    if module::is_loaded() {
        module::rmmod().expect("rmmod");
    }
    let now = in_use();
    tell(&now.map(|(what, kb)| format!("{what} {kb} kB")).join(", "));
    now
}

fn leaves_no_memory_behind() -> Result<(), Skip> {
    let time = Duration::from_secs(parameter("seconds").unwrap_or(SECONDS));
    let start = Instant::now();
    let first = round(1, start);
    let last = (2..)
        .map(|number| round(number, start))
        .find(|_| start.elapsed() >= time)
        .expect("a last round");
    for ((what, before), (_, now)) in first.into_iter().zip(last) {
        let held = match what {
            "Percpu" => HELD * cpu::possible().len() as u64,
            _ => 0,
        };
        assert!(
            now <= before + before * PERCENT / 100 + held,
            "{what}: {now} kB, over {PERCENT} % more than the {before} kB after the first round"
        );
    }
    Ok(())
}

pub fn main() -> ExitCode {
    if let Some(status) = module::cannot_load() {
        return status;
    }
    ktap::run(&[("leaves_no_memory_behind", leaves_no_memory_behind)])
}
