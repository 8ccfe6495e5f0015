// SPDX-License-Identifier: GPL-2.0

//! Loading and unloading leaves nothing behind.

mod ktap;
mod module;

use ktap::Skip;
use module::{
    assert_gone,
    insmod,
    rmmod,
    COUNTERS, //
};
use std::{
    fs,
    path::Path,
    process::ExitCode, //
};

const CYCLES: usize = 200;

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

fn main() -> ExitCode {
    if let Some(status) = module::cannot_load() {
        return status;
    }
    ktap::run(&[
        ("leaves_nothing_behind", leaves_nothing_behind),
        ("frees_what_it_allocates", frees_what_it_allocates),
        ("starts_afresh", starts_afresh),
        ("takes_the_start_parameter", takes_the_start_parameter),
        ("refuses_a_second_insmod", refuses_a_second_insmod),
    ])
}
