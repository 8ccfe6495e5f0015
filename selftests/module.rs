// SPDX-License-Identifier: GPL-2.0

//! The module under test: loading it, and what it shows in debugfs.

use crate::ktap::parameter;
use std::{
    env,
    ffi::{
        c_char,
        c_long,
        CString, //
    },
    fs::{
        self,
        File,
        OpenOptions, //
    },
    io::{
        self,
        Write, //
    },
    os::fd::AsRawFd,
    path::{
        Path,
        PathBuf, //
    },
    process::ExitCode,
};

pub const DEBUGFS: &str = "/sys/kernel/debug/rust_percpu";
pub const EVENTS: &str = "/sys/kernel/tracing/events/rust_percpu";

/// One of the counters.
#[derive(Clone, Copy)]
pub struct Counter(pub &'static str);

pub const COUNTERS: [Counter; 2] = [Counter("static"), Counter("dynamic")];

impl Counter {
    fn path(self, file: &str) -> PathBuf {
        Path::new(DEBUGFS).join(self.0).join(file)
    }

    fn read(self, file: &str) -> String {
        let path = self.path(file);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    pub fn total(self) -> u64 {
        let text = self.read("total");
        let digits = text.strip_suffix('\n').expect("total ends with a newline");
        digits.parse().expect("total is a decimal number")
    }

    /// What `per_cpu` shows: CPU and value.
    pub fn per_cpu(self) -> Vec<(usize, u64)> {
        self.read("per_cpu")
            .lines()
            .map(|line| {
                let (cpu, value) = line.split_once(' ').expect("CPU VALUE");
                (cpu.parse().expect(line), value.parse().expect(line))
            })
            .collect()
    }

    pub fn on_cpu(self, cpu: usize) -> u64 {
        let found = self.per_cpu().into_iter().find(|&(c, _)| c == cpu);
        found.unwrap_or_else(|| panic!("CPU {cpu} is missing")).1
    }

    /// The file that adds, open for writing.
    pub fn adder(self) -> Adder {
        Adder(open(&self.path("add")))
    }

    pub fn add(self, delta: u64) {
        self.adder().add(delta)
    }

    pub fn try_write(self, input: &[u8]) -> io::Result<usize> {
        open(&self.path("add")).write(input)
    }
}

/// `add` of a counter, open.
pub struct Adder(File);

impl Adder {
    pub fn add(&mut self, delta: u64) {
        // One write: the file takes each as a whole number.
        let text = format!("{delta}\n");
        assert_eq!(self.0.write(text.as_bytes()).expect("add"), text.len());
    }
}

fn open(path: &Path) -> File {
    let file = OpenOptions::new().write(true).open(path);
    file.unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub fn try_reset(input: &[u8]) -> io::Result<usize> {
    open(&Path::new(DEBUGFS).join("reset")).write(input)
}

pub fn reset() {
    assert_eq!(try_reset(b"1\n").expect("reset"), 2);
}

pub fn is_loaded() -> bool {
    Path::new("/sys/module/rust_percpu").exists()
}

/// Runs tests that take the module as it is loaded.
pub fn when_loaded(tests: impl FnOnce() -> ExitCode) -> ExitCode {
    if is_loaded() {
        return tests();
    }
    println!("1..0 # SKIP the module is not loaded: insmod rust_percpu.ko first");
    ExitCode::from(4)
}

/// The module's file: `$MODULE`, or in the working directory.
pub fn file() -> PathBuf {
    env::var_os("MODULE").map_or("rust_percpu.ko".into(), PathBuf::from)
}

/// Whether the tests can load the module themselves.
pub fn has_file() -> bool {
    file().exists()
}

extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
}

#[cfg(target_arch = "x86_64")]
const FINIT_MODULE: c_long = 313;
#[cfg(target_arch = "x86_64")]
const DELETE_MODULE: c_long = 176;
#[cfg(target_arch = "arm")]
const FINIT_MODULE: c_long = 379;
#[cfg(target_arch = "arm")]
const DELETE_MODULE: c_long = 129;
#[cfg(target_arch = "s390x")]
const FINIT_MODULE: c_long = 344;
#[cfg(target_arch = "s390x")]
const DELETE_MODULE: c_long = 129;
#[cfg(not(any(target_arch = "x86_64", target_arch = "arm", target_arch = "s390x")))]
const FINIT_MODULE: c_long = 273;
#[cfg(not(any(target_arch = "x86_64", target_arch = "arm", target_arch = "s390x")))]
const DELETE_MODULE: c_long = 106;

const O_NONBLOCK: c_long = 0o4000;

fn result(status: c_long) -> io::Result<()> {
    match status {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Loads a module, once: insmod may try more than one way.
pub fn load(file: &Path, parameters: &[&str]) -> io::Result<()> {
    load_file(&File::open(file)?, parameters)
}

pub fn load_file(file: &File, parameters: &[&str]) -> io::Result<()> {
    let parameters = CString::new(parameters.join(" "))?;
    let parameters: *const c_char = parameters.as_ptr();
    // SAFETY: A file and a string, and no flags.
    result(unsafe {
        syscall(
            FINIT_MODULE,
            file.as_raw_fd() as c_long,
            parameters,
            0 as c_long,
        )
    })
}

pub fn unload(name: &str) -> io::Result<()> {
    let name = CString::new(name)?;
    let name: *const c_char = name.as_ptr();
    // SAFETY: A string, and flags.
    result(unsafe { syscall(DELETE_MODULE, name, O_NONBLOCK) })
}

pub fn insmod(parameters: &[&str]) -> io::Result<()> {
    load(&file(), parameters)
}

pub fn rmmod() -> io::Result<()> {
    unload("rust_percpu")
}

/// How often tests unload a module while others use it; half as often where one takes long.
pub fn unloads() -> u64 {
    parameter("unloads").unwrap_or(20)
}

/// Whether anything of the module can be seen.
pub fn assert_gone() {
    assert!(!is_loaded(), "still loaded");
    assert!(
        !Path::new(DEBUGFS).exists(),
        "debugfs directory left behind"
    );
    assert!(!Path::new(EVENTS).exists(), "trace events left behind");
}

/// What a program that loads the module itself exits with if it cannot; unloads it otherwise.
pub fn cannot_load() -> Option<ExitCode> {
    if !has_file() {
        println!("1..0 # SKIP no rust_percpu.ko here: set MODULE to its path");
        return Some(ExitCode::from(4));
    }
    if is_loaded() {
        rmmod().expect("rmmod");
    }
    None
}
