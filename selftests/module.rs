// SPDX-License-Identifier: GPL-2.0

//! The module under test: loading it, and what it shows in debugfs.

#![allow(dead_code)] // each test program uses its part

use std::{
    env,
    fs::{
        self,
        File,
        OpenOptions, //
    },
    io::{
        self,
        Write, //
    },
    path::{
        Path,
        PathBuf, //
    },
    process::{
        Command,
        ExitCode, //
    },
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

/// The module's file: `$MODULE`, or in the working directory.
fn file() -> PathBuf {
    env::var_os("MODULE").map_or("rust_percpu.ko".into(), PathBuf::from)
}

/// Whether the tests can load the module themselves.
pub fn has_file() -> bool {
    file().exists()
}

/// What insmod or rmmod says when it fails.
fn tool(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

pub fn insmod(parameters: &[&str]) -> Result<(), String> {
    tool(Command::new("insmod").arg(file()).args(parameters))
}

pub fn rmmod() -> Result<(), String> {
    tool(Command::new("rmmod").arg("rust_percpu"))
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
