// SPDX-License-Identifier: GPL-2.0

//! The kernel's own account of its memory, per-CPU memory above all.

use std::{
    collections::HashSet,
    fs,
    path::Path,
    thread,
    time::Duration, //
};

/// A line of /proc/meminfo, in kB.
pub fn meminfo(name: &str) -> u64 {
    let meminfo = fs::read_to_string("/proc/meminfo").expect("meminfo");
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let words = line.expect(name).trim().trim_end_matches(" kB");
    words.parse().expect("a number")
}

/// How many per-CPU allocations there are, where the kernel counts them (`CONFIG_PERCPU_STATS`).
pub fn percpu_allocations() -> Option<u64> {
    let stats = fs::read_to_string("/sys/kernel/debug/percpu_stats").ok()?;
    let line = stats
        .lines()
        .find(|line| line.trim_start().starts_with("nr_cur_alloc"))?;
    line.rsplit(':').next()?.trim().parse().ok()
}

/// Waits for there being no more per-CPU allocations than before. A process has some, which an idle
/// CPU keeps after its end: so there may be fewer, and some go a little later.
pub fn assert_no_more_percpu_allocations(before: Option<u64>) {
    for _ in 0..100 {
        if percpu_allocations() <= before {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    let now = percpu_allocations();
    assert!(
        now <= before,
        "per-CPU allocations: {now:?}, {before:?} before"
    );
}

fn tracefs(file: &str) -> std::path::PathBuf {
    Path::new("/sys/kernel/tracing").join(file)
}

fn write(file: &str, text: &str) {
    fs::write(tracefs(file), text).unwrap_or_else(|e| panic!("{file} < {text}: {e}"));
}

/// The per-CPU allocations that this thread makes meanwhile, by the kernel's trace events: how many,
/// and how many of them are not freed.
pub fn percpu_allocations_by(f: impl FnOnce()) -> (usize, usize) {
    let thread = fs::read_link("/proc/thread-self").expect("/proc/thread-self");
    let thread = thread.file_name().and_then(|name| name.to_str());
    write("trace", "");
    write("set_event_pid", thread.expect("a number"));
    write("events/percpu/enable", "1");
    f();
    write("events/percpu/enable", "0");
    write("set_event_pid", "");
    let trace = fs::read_to_string(tracefs("trace")).expect("trace");
    write("trace", "");
    let (mut made, mut live) = (0, HashSet::new());
    for line in trace.lines() {
        let Some(ptr) = line.split(' ').find_map(|word| word.strip_prefix("ptr=")) else {
            continue;
        };
        if line.contains(": percpu_alloc_percpu: ") {
            made += 1;
            live.insert(ptr);
        } else if line.contains(": percpu_free_percpu: ") {
            live.remove(ptr);
        }
    }
    (made, live.len())
}

const KMEMLEAK: &str = "/sys/kernel/debug/kmemleak";

/// Forgets what leaked so far; false if the kernel does not look for leaks.
pub fn forget_leaks() -> bool {
    fs::write(KMEMLEAK, "clear").is_ok()
}

/// What leaked since, as the kernel tells it.
pub fn leaks() -> String {
    // What was allocated within the last five seconds is not suspected.
    thread::sleep(Duration::from_secs(6));
    // The second scan confirms the first.
    for _ in 0..2 {
        fs::write(KMEMLEAK, "scan").expect("kmemleak");
    }
    fs::read_to_string(KMEMLEAK).expect("kmemleak")
}
