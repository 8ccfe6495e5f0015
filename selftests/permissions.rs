// SPDX-License-Identifier: GPL-2.0

//! An ordinary user can neither read nor write anything, nor load, nor unload.

use crate::{
    ktap::{
        self,
        Skip, //
    },
    module::{
        self,
        DEBUGFS,
        EVENTS, //
    }, //
};
use std::{
    fs::{
        self,
        OpenOptions, //
    },
    os::unix::process::CommandExt,
    path::Path,
    process::{
        Command,
        ExitCode, //
    },
};

/// What the test calls itself by when it is no longer root.
const AS_USER: &str = "--as-user";
const NOBODY: u32 = 65534;

const EACCES: i32 = 13;
const EPERM: i32 = 1;

/// The directory, and all that is in it, as root sees it.
fn all_in(directory: &Path, paths: &mut Vec<String>) {
    paths.push(directory.to_str().expect("a name").to_string());
    for entry in fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()))
    {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => all_in(&path, paths),
            false => paths.push(path.to_str().expect("a name").to_string()),
        }
    }
}

fn ordinary_user_is_refused() -> Result<(), Skip> {
    let mut paths = Vec::new();
    all_in(Path::new(DEBUGFS), &mut paths);
    all_in(Path::new(EVENTS), &mut paths);
    let before: Vec<_> = module::COUNTERS.map(|counter| counter.per_cpu()).into();
    let status = Command::new("/proc/self/exe")
        .args(["permissions", AS_USER])
        .args(&paths)
        .uid(NOBODY)
        .gid(NOBODY)
        .status()
        .expect("running as another user");
    assert!(status.success(), "an ordinary user got somewhere");
    assert!(module::is_loaded());
    let after: Vec<_> = module::COUNTERS.map(|counter| counter.per_cpu()).into();
    assert_eq!(before, after);
    Ok(())
}

/// Tries all that can be done to those files; whether all of it was refused.
fn all_is_refused(paths: &[String]) -> bool {
    let (mut tried, mut bad) = (0, 0);
    let mut check = |what: &str, result: std::io::Result<()>| {
        tried += 1;
        let error = result.err().and_then(|e| e.raw_os_error());
        if !matches!(error, Some(EACCES | EPERM)) {
            println!("# {what}: {error:?}");
            bad += 1;
        }
    };
    for path in paths {
        let open = |read, write| {
            let mut options = OpenOptions::new();
            options.read(read).write(write).open(path).map(drop)
        };
        check(&format!("reading {path}"), open(true, false));
        check(&format!("writing {path}"), open(false, true));
        check(&format!("both to {path}"), open(true, true));
        check(&format!("listing {path}"), fs::read_dir(path).map(drop));
        check(&format!("looking at {path}"), fs::metadata(path).map(drop));
        check(&format!("removing {path}"), fs::remove_file(path));
    }
    check("rmmod", module::rmmod());
    if module::has_file() {
        check("insmod", module::insmod(&[]));
    }
    println!("# {tried} attempts, {bad} not refused");
    bad == 0 && tried > 0
}

pub fn main() -> ExitCode {
    let arguments: Vec<String> = ktap::arguments().collect();
    if arguments.first().is_some_and(|arg| arg == AS_USER) {
        return match all_is_refused(&arguments[1..]) {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        };
    }
    module::when_loaded(|| ktap::run(&[("ordinary_user_is_refused", ordinary_user_is_refused)]))
}
