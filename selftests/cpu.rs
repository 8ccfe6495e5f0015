// SPDX-License-Identifier: GPL-2.0

//! CPUs: which there are, and staying on one.

use std::{
    fs,
    io,
    thread,
    time::Duration, //
};

extern "C" {
    fn sched_setaffinity(pid: i32, size: usize, mask: *const u64) -> i32;
}

/// The CPUs that a list like `0-3,8` in sysfs names.
fn list(name: &str) -> Vec<usize> {
    let path = format!("/sys/devices/system/cpu/{name}");
    let text = fs::read_to_string(&path).expect(&path);
    let number = |s: &str| s.parse::<usize>().expect(&text);
    text.trim()
        .split(',')
        .flat_map(|range| match range.split_once('-') {
            Some((first, last)) => number(first)..=number(last),
            None => number(range)..=number(range),
        })
        .collect()
}

pub fn possible() -> Vec<usize> {
    list("possible")
}

pub fn online() -> Vec<usize> {
    list("online")
}

/// Whether each CPU has a copy of a static per-CPU variable: without SMP it is an ordinary one.
pub fn has_copies() -> bool {
    let version = fs::read_to_string("/proc/sys/kernel/version").expect("version");
    version.split_whitespace().any(|word| word == "SMP")
}

/// Moves this thread to `cpus` and keeps it there.
pub fn pin(cpus: &[usize]) {
    try_move(0, cpus).unwrap_or_else(|e| panic!("CPUs {cpus:?}: {e}"));
}

/// Moves a thread, 0 for this one.
pub fn try_move(thread: i32, cpus: &[usize]) -> io::Result<()> {
    let mut mask = [0u64; 128];
    for cpu in cpus {
        mask[cpu / 64] |= 1 << (cpu % 64);
    }
    // SAFETY: The mask is as large as is said.
    match unsafe { sched_setaffinity(thread, size_of_val(&mask), mask.as_ptr()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Leaves the CPU to other tasks. Emulated CPUs may take turns: one whose task never sleeps keeps its
/// own to the end.
pub fn rest() {
    thread::sleep(Duration::from_micros(100));
}
