// SPDX-License-Identifier: GPL-2.0

//! Loading and unloading leaves nothing behind.

use crate::{
    attacks::Attacks,
    cpu,
    ktap::{
        self,
        parameter,
        Skip, //
    },
    memory::{
        assert_no_more_percpu_allocations,
        meminfo,
        percpu_allocations,
        percpu_allocations_by, //
    },
    module::{
        self,
        assert_gone,
        insmod,
        rmmod,
        COUNTERS, //
    }, //
};
use std::{
    fs,
    io,
    path::Path,
    process::ExitCode,
    time::Instant, //
};

const CYCLES: u64 = 1000;
/// kB of a chunk of per-CPU memory without SMP.
const CHUNK: u64 = 32;

/// `cycles=N` times, with the reserve for static per-CPU variables measured before and after.
fn leaves_nothing_behind() -> Result<(), Skip> {
    let cycles = parameter("cycles").unwrap_or(CYCLES);
    let attacks = Attacks::load().ok();
    let reserve = || attacks.as_ref().map(|attacks| attacks.number("reserve"));
    // A first cycle may make the allocator grow once.
    insmod(&[]).expect("insmod");
    rmmod().expect("rmmod");
    let (memory, allocations, free) = (meminfo("Percpu"), percpu_allocations(), reserve());
    let start = Instant::now();
    let cycle = |cycle| {
        insmod(&[]).expect("insmod");
        COUNTERS.iter().for_each(|counter| counter.add(1));
        rmmod().expect("rmmod");
        if cycle % 200 == 0 {
            let seconds = start.elapsed().as_secs_f64();
            println!(
                "# {cycle} loads and unloads in {seconds:.1} s, reserve: {:?}",
                reserve()
            );
        }
    };
    let (made, left) = percpu_allocations_by(|| (1..=cycles).for_each(cycle));
    println!("# {made} per-CPU allocations, {left} not freed");
    assert_eq!(left, 0, "per-CPU allocations that were not freed");
    assert_gone();
    // Without SMP the allocator keeps an empty chunk, which has not to be there from the beginning.
    let kept = if cpu::has_copies() { 0 } else { CHUNK };
    let now = meminfo("Percpu");
    assert!(
        (memory..=memory + kept).contains(&now),
        "per-CPU memory: {now} kB, {memory} before"
    );
    assert_no_more_percpu_allocations(allocations);
    assert_eq!(reserve(), free, "bytes of the reserve for modules");
    Ok(())
}

/// A module whose static variables do not fit is refused, as often as it comes.
fn refuses_what_does_not_fit() -> Result<(), Skip> {
    const ENOMEM: i32 = 12;
    let file = module::file().with_file_name("too_large.ko");
    if !file.exists() {
        return Err(Skip("no too_large.ko beside rust_percpu.ko".into()));
    }
    if !cpu::has_copies() {
        return Err(Skip(
            "without SMP a module has room for any variable".into(),
        ));
    }
    let attacks = Attacks::load()?;
    let (allocations, free) = (percpu_allocations(), attacks.number("reserve"));
    assert_ne!(free, 0);
    for _ in 0..20 {
        let error = module::load(&file, &[]).expect_err("too_large.ko was loaded");
        assert_eq!(error.raw_os_error(), Some(ENOMEM), "{error}");
        assert!(!Path::new("/sys/module/too_large").exists());
    }
    println!(
        "# refused 20 times; {free} bytes of the reserve before, {} after",
        attacks.number("reserve")
    );
    assert_eq!(
        attacks.number("reserve"),
        free,
        "bytes of the reserve for modules"
    );
    assert_no_more_percpu_allocations(allocations);
    // There is room for those that fit.
    insmod(&[]).expect("insmod");
    assert!(attacks.number("reserve") < free);
    rmmod().expect("rmmod");
    assert_eq!(attacks.number("reserve"), free);
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
            1 + usize::from(cpu::has_copies()),
            "one allocated variable, and an area for the static ones: {ours:?}"
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
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{error}");
    assert_eq!(COUNTERS[0].total(), 9);
    rmmod().expect("rmmod");
    Ok(())
}

pub fn main() -> ExitCode {
    if let Some(status) = module::cannot_load() {
        return status;
    }
    ktap::run(&[
        ("leaves_nothing_behind", leaves_nothing_behind),
        ("refuses_what_does_not_fit", refuses_what_does_not_fit),
        ("frees_what_it_allocates", frees_what_it_allocates),
        ("starts_afresh", starts_afresh),
        ("takes_the_start_parameter", takes_the_start_parameter),
        ("refuses_a_second_insmod", refuses_a_second_insmod),
    ])
}
