// SPDX-License-Identifier: GPL-2.0

//! The module `attacks.ko`, which does in the kernel what a program cannot.

use crate::{
    ktap::Skip,
    module, //
};
use std::{
    collections::HashMap,
    fs,
    io,
    path::Path, //
};

const DEBUGFS: &str = "/sys/kernel/debug/attacks";

/// The module, loaded as long as this is there.
pub struct Attacks(());

impl Attacks {
    pub fn load() -> Result<Self, Skip> {
        let file = module::file().with_file_name("attacks.ko");
        if !file.exists() {
            return Err(Skip("no attacks.ko beside rust_percpu.ko".into()));
        }
        module::load(&file, &[]).expect("attacks.ko");
        Ok(Self(()))
    }

    fn path(file: &str) -> std::path::PathBuf {
        Path::new(DEBUGFS).join(file)
    }

    pub fn try_write(&self, file: &str, number: u64) -> io::Result<()> {
        fs::write(Self::path(file), number.to_string())
    }

    pub fn write(&self, file: &str, number: u64) {
        self.try_write(file, number)
            .unwrap_or_else(|e| panic!("attacks/{file}: {e}"));
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(Self::path(file)).unwrap_or_else(|e| panic!("attacks/{file}: {e}"))
    }

    /// The only number in the file.
    pub fn number(&self, file: &str) -> u64 {
        self.read(file).trim().parse().expect(file)
    }

    /// The numbers in the file, by name.
    pub fn numbers(&self, file: &str) -> HashMap<String, u64> {
        let number = |line: &str| {
            let (name, number) = line.split_once(' ')?;
            Some((name.to_string(), number.parse().ok()?))
        };
        let text = self.read(file);
        text.lines().map(|line| number(line).expect(line)).collect()
    }
}

impl Drop for Attacks {
    fn drop(&mut self) {
        let result = module::unload("attacks");
        if !std::thread::panicking() {
            result.expect("unloading attacks");
        }
    }
}
