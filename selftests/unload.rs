// SPDX-License-Identifier: GPL-2.0

//! Unloading at bad moments: files open, writers coming back, events on.

mod ktap;
mod module;

use ktap::Skip;
use module::{
    assert_gone,
    insmod,
    rmmod,
    COUNTERS,
    DEBUGFS,
    EVENTS, //
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
    if let Some(status) = module::cannot_load() {
        return status;
    }
    ktap::run(&[
        ("unloads_while_files_are_open", unloads_while_files_are_open),
        ("writers_race_with_rmmod", writers_race_with_rmmod),
        ("unloads_with_events_on", unloads_with_events_on),
    ])
}
