// SPDX-License-Identifier: GPL-2.0

//! Loading and unloading, also at bad moments, leaves nothing behind.

mod cpu;
mod ktap;
mod module;

use ktap::Skip;
use module::{
    insmod,
    rmmod,
    COUNTERS,
    DEBUGFS, //
};
use std::{
    fs::{
        self,
        File,
        OpenOptions, //
    },
    io::{
        Read,
        Write, //
    },
    path::Path,
    process::ExitCode,
    sync::atomic::{
        AtomicBool,
        AtomicU64,
        Ordering::SeqCst, //
    },
    thread, //
};

const EIO: i32 = 5;
const CYCLES: usize = 200;
const EVENTS: &str = "/sys/kernel/tracing/events/rust_percpu";

/// Whether anything of the module can be seen.
fn assert_gone() {
    assert!(!module::is_loaded(), "still loaded");
    assert!(
        !Path::new(DEBUGFS).exists(),
        "debugfs directory left behind"
    );
    assert!(!Path::new(EVENTS).exists(), "trace events left behind");
}

/// kB of memory in the per-CPU allocator's chunks.
fn percpu_memory() -> u64 {
    let meminfo = fs::read_to_string("/proc/meminfo").expect("meminfo");
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("Percpu:"));
    let words = line
        .expect("Percpu: in meminfo")
        .trim()
        .trim_end_matches(" kB");
    words.parse().expect("a number")
}

fn leaves_nothing_behind() -> Result<(), Skip> {
    // A first cycle may make the allocator grow once.
    insmod(&[]).expect("insmod");
    rmmod().expect("rmmod");
    let before = percpu_memory();
    for _ in 0..CYCLES {
        insmod(&[]).expect("insmod");
        COUNTERS.iter().for_each(|counter| counter.add(1));
        rmmod().expect("rmmod");
    }
    assert_gone();
    assert_eq!(percpu_memory(), before, "kB of per-CPU memory");
    Ok(())
}

/// The per-CPU memory of a load, static and allocated, is freed by the unload, by the kernel's own
/// account.
fn frees_what_it_allocates() -> Result<(), Skip> {
    let tracefs = |file: &str| Path::new("/sys/kernel/tracing").join(file);
    let write = |file: &str, text: &str| fs::write(tracefs(file), text).expect(file);
    // The records of an event: whose function it names, and the pointer.
    let records = |event: &str| -> Vec<(bool, String)> {
        let trace = fs::read_to_string(tracefs("trace")).expect("trace");
        let lines = trace.lines().filter(|line| line.contains(event));
        let pointer = |line: &str| {
            line.split(' ')
                .find_map(|w| Some(w.strip_prefix("ptr=")?.into()))
        };
        lines
            .map(|line| {
                let ours = line.contains("[rust_percpu]") || line.contains("reserved=1");
                (ours, pointer(line).expect("ptr="))
            })
            .collect()
    };
    for _ in 0..3 {
        write("trace", "");
        write("events/percpu/enable", "1");
        insmod(&[]).expect("insmod");
        // Read while the module is there to be named.
        let allocated = records("percpu_alloc_percpu:");
        rmmod().expect("rmmod");
        write("events/percpu/enable", "0");
        let freed = records("percpu_free_percpu:");
        let ours: Vec<_> = allocated.into_iter().filter(|(ours, _)| *ours).collect();
        assert_eq!(
            ours.len(),
            2,
            "one static and one allocated variable: {ours:?}"
        );
        for (_, ptr) in ours {
            assert!(
                freed.iter().any(|(_, freed)| *freed == ptr),
                "{ptr} was not freed"
            );
        }
    }
    write("trace", "");
    Ok(())
}

fn starts_afresh() -> Result<(), Skip> {
    for _ in 0..2 {
        insmod(&[]).expect("insmod");
        for counter in COUNTERS {
            assert_eq!(counter.total(), 0);
            counter.add(3);
        }
        rmmod().expect("rmmod");
    }
    Ok(())
}

fn takes_the_start_parameter() -> Result<(), Skip> {
    insmod(&["start=18446744073709551615"]).expect("insmod");
    for (cpu, value) in COUNTERS[1].per_cpu() {
        assert_eq!(value, u64::MAX, "on CPU {cpu}");
    }
    assert_eq!(COUNTERS[0].total(), 0);
    rmmod().expect("rmmod");
    for bad in [
        "start=-1",
        "start=x",
        "start=18446744073709551616",
        "start=",
    ] {
        assert!(insmod(&[bad]).is_err(), "{bad} was taken");
        assert_gone();
    }
    Ok(())
}

fn refuses_a_second_insmod() -> Result<(), Skip> {
    insmod(&[]).expect("insmod");
    COUNTERS[0].add(9);
    let error = insmod(&[]).expect_err("loaded twice");
    assert!(error.contains("File exists"), "{error}");
    assert_eq!(COUNTERS[0].total(), 9);
    rmmod().expect("rmmod");
    Ok(())
}

/// What is open when the module goes can still be closed; reading and writing fail.
fn unloads_while_files_are_open() -> Result<(), Skip> {
    for counter in COUNTERS {
        insmod(&[]).expect("insmod");
        counter.add(11);
        let path = |file: &str| format!("{DEBUGFS}/{}/{file}", counter.0);
        let mut total = File::open(path("total")).expect("total");
        let mut per_cpu = File::open(path("per_cpu")).expect("per_cpu");
        let mut half = [0; 2];
        per_cpu.read_exact(&mut half).expect("per_cpu");
        let mut add = OpenOptions::new()
            .write(true)
            .open(path("add"))
            .expect("add");
        rmmod().expect("rmmod");
        assert_gone();
        let mut text = String::new();
        assert_eq!(
            total
                .read_to_string(&mut text)
                .err()
                .and_then(|e| e.raw_os_error()),
            Some(EIO)
        );
        assert_eq!(
            per_cpu.read(&mut half).err().and_then(|e| e.raw_os_error()),
            Some(EIO)
        );
        assert_eq!(
            add.write(b"1").err().and_then(|e| e.raw_os_error()),
            Some(EIO)
        );
        // Something else may take the module's memory before the files are closed.
        insmod(&[]).expect("insmod");
        rmmod().expect("rmmod");
    }
    Ok(())
}

/// Writers that come back all the time, while the module comes and goes.
fn writers_race_with_rmmod() -> Result<(), Skip> {
    let (done, written) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut unloaded = 0;
    thread::scope(|scope| {
        for counter in COUNTERS {
            let (done, written) = (&done, &written);
            scope.spawn(move || {
                while !done.load(SeqCst) {
                    // The file may be gone, or go while it is being opened.
                    if fs::write(format!("{DEBUGFS}/{}/add", counter.0), "1").is_ok() {
                        written.fetch_add(1, SeqCst);
                    }
                }
            });
        }
        for _ in 0..50 {
            insmod(&[]).expect("insmod");
            let so_far = written.load(SeqCst);
            while written.load(SeqCst) < so_far + 2 {
                thread::yield_now();
            }
            rmmod().expect("rmmod");
            unloaded += 1;
        }
        done.store(true, SeqCst);
    });
    assert_eq!(unloaded, 50);
    assert_gone();
    Ok(())
}

fn unloads_with_events_on() -> Result<(), Skip> {
    insmod(&[]).expect("insmod");
    fs::write(format!("{EVENTS}/enable"), "1").expect("enable");
    COUNTERS.iter().for_each(|counter| counter.add(1));
    rmmod().expect("rmmod");
    assert_gone();
    Ok(())
}

fn main() -> ExitCode {
    if !module::has_file() {
        println!("1..0 # SKIP no rust_percpu.ko here: set MODULE to its path");
        return ExitCode::from(4);
    }
    if module::is_loaded() {
        rmmod().expect("rmmod");
    }
    cpu::pin(&cpu::online());
    ktap::run(&[
        ("leaves_nothing_behind", leaves_nothing_behind),
        ("frees_what_it_allocates", frees_what_it_allocates),
        ("starts_afresh", starts_afresh),
        ("takes_the_start_parameter", takes_the_start_parameter),
        ("refuses_a_second_insmod", refuses_a_second_insmod),
        ("unloads_while_files_are_open", unloads_while_files_are_open),
        ("writers_race_with_rmmod", writers_race_with_rmmod),
        ("unloads_with_events_on", unloads_with_events_on),
    ])
}
