// SPDX-License-Identifier: GPL-2.0

//! Trace events: there with the right fields while they are on, and only then.

use crate::{
    cpu,
    ktap::{
        self,
        Skip, //
    },
    module::{
        self,
        COUNTERS, //
    }, //
};
use std::{
    fs,
    path::Path,
    process::ExitCode, //
};

const TRACEFS: &str = "/sys/kernel/tracing";
const EVENTS: [&str; 3] = ["rust_percpu_add", "rust_percpu_alloc", "rust_percpu_free"];

fn read(file: &str) -> String {
    let path = Path::new(TRACEFS).join(file);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn write(file: &str, text: &str) {
    let path = Path::new(TRACEFS).join(file);
    fs::write(&path, text).unwrap_or_else(|e| panic!("{} < {text}: {e}", path.display()));
}

/// Turns all events off and empties the buffer.
fn start_afresh() {
    write("set_event", "");
    write("trace", "");
}

/// What the events named `event` said, in order.
fn records(event: &str) -> Vec<String> {
    records_in("trace", event)
}

fn records_in(buffer: &str, event: &str) -> Vec<String> {
    let mark = format!(": {event}: ");
    let trace = read(buffer);
    let texts = trace
        .lines()
        .filter_map(|line| Some(line.split_once(&mark)?.1.to_string()));
    texts.collect()
}

/// The value of `name=` in a record.
fn field<'a>(record: &'a str, name: &str) -> &'a str {
    let fields = record.split(' ').filter_map(|field| field.split_once('='));
    let found = fields.into_iter().find(|(n, _)| *n == name);
    found.unwrap_or_else(|| panic!("no {name} in {record}")).1
}

fn needs_file() -> Result<(), Skip> {
    if module::has_file() {
        return Ok(());
    }
    Err(Skip(
        "no rust_percpu.ko here: set MODULE to its path".into(),
    ))
}

fn add_event_tells_what_happened() -> Result<(), Skip> {
    start_afresh();
    module::reset();
    write("events/rust_percpu/rust_percpu_add/enable", "1");
    for cpu in cpu::online() {
        cpu::pin(&[cpu]);
        let mut expected = Vec::new();
        for counter in COUNTERS {
            for (delta, value) in [(1, 1), (41, 42), (u64::MAX, 41)] {
                counter.add(delta);
                let name = counter.0;
                expected.push(format!(
                    "counter={name} cpu={cpu} delta={delta} value={value}"
                ));
            }
        }
        // One CPU's buffer: the clocks of two may differ.
        let buffer = format!("per_cpu/cpu{cpu}/trace");
        assert_eq!(records_in(&buffer, "rust_percpu_add"), expected);
    }
    cpu::pin(&cpu::online());
    write("events/rust_percpu/rust_percpu_add/enable", "0");
    Ok(())
}

fn no_event_while_off() -> Result<(), Skip> {
    start_afresh();
    for event in EVENTS {
        assert_eq!(read(&format!("events/rust_percpu/{event}/enable")), "0\n");
    }
    COUNTERS.iter().for_each(|counter| counter.add(1));
    for event in EVENTS {
        assert_eq!(records(event), [""; 0]);
    }
    Ok(())
}

fn refused_input_is_no_event() -> Result<(), Skip> {
    start_afresh();
    write("events/rust_percpu/enable", "1");
    COUNTERS
        .iter()
        .for_each(|counter| assert!(counter.try_write(b"-1").is_err()));
    write("events/rust_percpu/enable", "0");
    assert_eq!(records("rust_percpu_add"), [""; 0]);
    Ok(())
}

/// Events of the module's own beginning, asked for before it is loaded.
fn alloc_event_of_insmod() -> Result<(), Skip> {
    needs_file()?;
    module::rmmod().expect("rmmod");
    start_afresh();
    write("set_event", ":mod:rust_percpu");
    write("events/percpu/percpu_alloc_percpu/enable", "1");
    module::insmod(&[]).expect("insmod");
    write("events/percpu/percpu_alloc_percpu/enable", "0");

    let ours = records("rust_percpu_alloc");
    assert_eq!(ours.len(), 1, "{ours:?}");
    assert_eq!(
        (field(&ours[0], "size"), field(&ours[0], "align")),
        ("8", "8")
    );
    let kernels = records("percpu_alloc_percpu");
    let found = kernels
        .iter()
        .find(|record| record.contains("[rust_percpu]"));
    let found = found.unwrap_or_else(|| panic!("no call_site in the module: {kernels:?}"));
    assert_eq!((field(found, "size"), field(found, "align")), ("8", "8"));
    assert_eq!(field(found, "ptr"), field(&ours[0], "ptr"));
    assert!(field(found, "call_site").contains("rust_percpu"), "{found}");
    Ok(())
}

/// Unloading a module clears the buffer of its events, so this one is read off the kernel log.
fn free_event_of_rmmod() -> Result<(), Skip> {
    const TO_LOG: &str = "/proc/sys/kernel/tracepoint_printk";
    needs_file()?;
    start_afresh();
    if fs::read_to_string(TO_LOG).is_err() || fs::write(TO_LOG, "1").is_err() {
        return Err(Skip("the kernel was not booted with tp_printk".into()));
    }
    let log = || {
        let log = std::process::Command::new("dmesg")
            .output()
            .expect("dmesg")
            .stdout;
        String::from_utf8_lossy(&log)
            .matches("rust_percpu_free: size=8 align=8 ptr=")
            .count()
    };
    let before = log();
    module::rmmod().expect("rmmod");
    module::insmod(&[]).expect("insmod");
    assert_eq!(log(), before, "while the event is off");
    write("events/rust_percpu/rust_percpu_free/enable", "1");
    module::rmmod().expect("rmmod");
    assert_eq!(log(), before + 1, "while the event is on");
    module::insmod(&[]).expect("insmod");
    fs::write(TO_LOG, "0").expect(TO_LOG);
    Ok(())
}

pub fn main() -> ExitCode {
    module::when_loaded(|| {
        let status = ktap::run(&[
            (
                "add_event_tells_what_happened",
                add_event_tells_what_happened,
            ),
            ("no_event_while_off", no_event_while_off),
            ("refused_input_is_no_event", refused_input_is_no_event),
            ("alloc_event_of_insmod", alloc_event_of_insmod),
            ("free_event_of_rmmod", free_event_of_rmmod),
        ]);
        start_afresh();
        status
    })
}
