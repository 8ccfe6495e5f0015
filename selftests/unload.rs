// SPDX-License-Identifier: GPL-2.0

//! Unloading at bad moments: files open, writers coming back, events on.

use crate::{
    attacks::Attacks,
    cpu,
    ktap::{
        self,
        Skip, //
    },
    module::{
        self,
        assert_gone,
        insmod,
        rmmod,
        COUNTERS,
        DEBUGFS,
        EVENTS, //
    }, //
};
use std::{
    fs::{
        self,
        File,
        OpenOptions, //
    },
    io::{
        self,
        Read,
        Write, //
    },
    process::ExitCode,
    sync::atomic::{
        AtomicBool,
        AtomicU64,
        Ordering::SeqCst, //
    },
    thread, //
};

const EIO: i32 = 5;

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

/// Writers and readers that come back all the time, while the module comes and goes.
fn writers_and_readers_race_with_rmmod() -> Result<(), Skip> {
    let (done, written) = (AtomicBool::new(false), AtomicU64::new(0));
    let read = AtomicU64::new(0);
    thread::scope(|scope| {
        for counter in COUNTERS {
            let (done, written, read) = (&done, &written, &read);
            scope.spawn(move || {
                while !done.load(SeqCst) {
                    // The file may be gone, or go while it is being opened.
                    if fs::write(format!("{DEBUGFS}/{}/add", counter.0), "1").is_ok() {
                        written.fetch_add(1, SeqCst);
                    } else {
                        cpu::rest();
                    }
                }
            });
            scope.spawn(move || {
                while !done.load(SeqCst) {
                    let text = fs::read_to_string(format!("{DEBUGFS}/{}/total", counter.0));
                    if let Ok(text) = text {
                        // Whoever reads gets a number, or an error.
                        text.trim().parse::<u64>().expect("total");
                        read.fetch_add(1, SeqCst);
                    }
                    cpu::rest();
                }
            });
        }
        for _ in 0..module::unloads() {
            insmod(&[]).expect("insmod");
            let so_far = [written.load(SeqCst), read.load(SeqCst)];
            while written.load(SeqCst) < so_far[0] + 2 || read.load(SeqCst) < so_far[1] + 2 {
                thread::yield_now();
            }
            rmmod().expect("rmmod");
        }
        done.store(true, SeqCst);
    });
    println!(
        "# {} unloads, {written:?} writes, {read:?} reads",
        module::unloads()
    );
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

/// Tasks, timers and IPIs count by the module's variables when it goes.
fn unloads_in_a_storm() -> Result<(), Skip> {
    let times = module::unloads() / 2;
    for _ in 0..times {
        let attacks = Attacks::load()?;
        attacks.write("storm", 1);
        while attacks.numbers("counts")["ticks"] < 10 {
            thread::yield_now();
        }
        // Unloads it.
        drop(attacks);
    }
    println!("# {times} unloads with tasks and timers running");
    Ok(())
}

/// A module whose variable another one uses stays until that one is gone.
fn stays_while_a_module_depends_on_it() -> Result<(), Skip> {
    let file = |name: &str| module::file().with_file_name(format!("{name}.ko"));
    if !file("symbols_export").exists() || !file("symbols_c").exists() {
        return Err(Skip(
            "no symbols_export.ko and symbols_c.ko beside rust_percpu.ko".into(),
        ));
    }
    let times = module::unloads() / 2;
    for _ in 0..times {
        module::load(&file("symbols_export"), &[]).expect("symbols_export");
        module::load(&file("symbols_c"), &[]).expect("symbols_c");
        let error = module::unload("symbols_export").expect_err("unloaded while in use");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock, "{error}");
        module::unload("symbols_c").expect("symbols_c");
        module::unload("symbols_export").expect("symbols_export");
    }
    println!("# {times} times refused, and unloaded after the module that depends on it");
    Ok(())
}

pub fn main() -> ExitCode {
    if let Some(status) = module::cannot_load() {
        return status;
    }
    ktap::run(&[
        ("unloads_while_files_are_open", unloads_while_files_are_open),
        (
            "writers_and_readers_race_with_rmmod",
            writers_and_readers_race_with_rmmod,
        ),
        ("unloads_with_events_on", unloads_with_events_on),
        ("unloads_in_a_storm", unloads_in_a_storm),
        (
            "stays_while_a_module_depends_on_it",
            stays_while_a_module_depends_on_it,
        ),
    ])
}
