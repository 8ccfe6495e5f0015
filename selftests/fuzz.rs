// SPDX-License-Identifier: GPL-2.0

//! Random input to every file, and random reads of every file: clean errors, and right values.
//!
//! `seed=N` repeats a run; `writes=N` says how many there are to each file.

use crate::{
    cpu,
    ktap::{
        self,
        parameter,
        Skip, //
    },
    module::{
        self,
        Counter,
        COUNTERS,
        DEBUGFS, //
    }, //
};
use std::{
    collections::BTreeMap,
    ffi::c_void,
    fs::{
        self,
        File,
        OpenOptions, //
    },
    io,
    os::{
        fd::AsRawFd,
        unix::fs::FileExt, //
    },
    path::{
        Path,
        PathBuf, //
    },
    process::ExitCode,
    time::{
        SystemTime,
        UNIX_EPOCH, //
    },
};

const WRITES: u64 = 100_000;

const EBADF: i32 = 9;
const EFAULT: i32 = 14;
const ENOENT: i32 = 2;
const EINVAL: i32 = 22;
const ENAMETOOLONG: i32 = 36;
const ERANGE: i32 = 34;

extern "C" {
    fn write(file: i32, buffer: *const c_void, length: usize) -> isize;
}

/// Random numbers: xorshift64*.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let time = SystemTime::now().duration_since(UNIX_EPOCH);
        let seed = parameter("seed").unwrap_or(time.map_or(1, |t| t.subsec_nanos() as u64));
        println!("# seed={seed}");
        // Zero would stay zero.
        Self(seed.wrapping_mul(2).wrapping_add(1))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Less than `limit`.
    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit
    }

    fn of<T: Copy>(&mut self, choice: &[T]) -> T {
        choice[self.below(choice.len())]
    }

    /// Something that a file may take, or nearly, or not at all.
    fn input(&mut self) -> Vec<u8> {
        let number = self.next() >> self.below(64);
        let mut input = match self.below(8) {
            0 => {
                let length = self.of(&[0, 1, 2, 7, 63, 64, 65, 4095, 4096, 4097]);
                (0..length).map(|_| self.next() as u8).collect()
            }
            1 => {
                let length = self.below(70);
                (0..length).map(|_| self.of(b"0123456789")).collect()
            }
            2 => self
                .of(&[&b"18446744073709551615"[..], b"18446744073709551616"])
                .to_vec(),
            3 => {
                let length = self.below(24);
                (0..length)
                    .map(|_| self.of(b"0123456789 \n\r\t\0+-xe."))
                    .collect()
            }
            _ => number.to_string().into_bytes(),
        };
        if self.below(2) == 0 {
            input.push(b'\n');
        }
        if self.below(4) == 0 && !input.is_empty() {
            let at = self.below(input.len());
            match self.below(3) {
                0 => input[at] = self.next() as u8,
                1 => input.insert(at, self.next() as u8),
                _ => drop(input.remove(at)),
            }
        }
        input
    }
}

/// What a file should make of input: digits, and perhaps a newline, in 64 bytes.
fn expected(input: &[u8]) -> Result<u64, i32> {
    let text = std::str::from_utf8(input).map_err(|_| EINVAL)?;
    let digits = text.strip_suffix('\n').unwrap_or(text);
    let is_decimal = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match (is_decimal && input.len() <= 64, digits.parse()) {
        (false, _) => Err(EINVAL),
        (true, number) => number.map_err(|_| ERANGE),
    }
}

fn show(input: &[u8]) -> String {
    input[..input.len().min(80)].escape_ascii().to_string()
}

/// All files under the directory.
fn files_in(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("debugfs") {
        let path = entry.expect("debugfs").path();
        match path.is_dir() {
            true => files.extend(files_in(&path)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}

/// How calls ended, and how often.
#[derive(Default)]
struct Outcomes(BTreeMap<String, u64>);

impl Outcomes {
    fn add(&mut self, outcome: Result<usize, i32>) {
        let name = match outcome {
            Ok(_) => "ok".into(),
            Err(errno) => io::Error::from_raw_os_error(errno).to_string(),
        };
        *self.0.entry(name).or_insert(0) += 1;
    }

    fn show(&self, path: &Path, what: &str) {
        let said: Vec<_> = self
            .0
            .iter()
            .map(|(outcome, n)| format!("{n} {outcome}"))
            .collect();
        println!("# {}: {what}: {}", path.display(), said.join(", "));
    }
}

fn errno(result: io::Result<usize>) -> Result<usize, i32> {
    result.map_err(|e| e.raw_os_error().expect("an errno"))
}

/// What this program's writes make of the counters, all of them on one CPU.
struct Model {
    cpu: usize,
    values: [u64; 2],
}

impl Model {
    fn check(&self) {
        for (counter, value) in COUNTERS.into_iter().zip(self.values) {
            assert_eq!(counter.total(), value, "{}", counter.0);
            assert_eq!(counter.on_cpu(self.cpu), value, "{}", counter.0);
        }
    }
}

fn writes() -> Result<(), Skip> {
    let writes = parameter("writes").unwrap_or(WRITES);
    let mut random = Random::new();
    let mut model = Model {
        cpu: cpu::online()[0],
        values: [0; 2],
    };
    cpu::pin(&[model.cpu]);
    module::reset();
    for path in files_in(Path::new(DEBUGFS)) {
        let file = OpenOptions::new().write(true).open(&path);
        let file = file.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let name = path.strip_prefix(DEBUGFS).unwrap().to_str().unwrap();
        let counter = COUNTERS
            .iter()
            .position(|&Counter(c)| name == format!("{c}/add"));
        let mut outcomes = Outcomes::default();
        for turn in 0..writes {
            let input = random.input();
            let bad_pointer = random.below(50) == 0;
            let (pointer, length) = match bad_pointer {
                false => (input.as_ptr(), input.len()),
                true => (
                    random.of(&[0, 8, usize::MAX - 70, 1 << (usize::BITS - 1)]) as *const u8,
                    1 + random.below(64),
                ),
            };
            // SAFETY: The input, or what the kernel will find to be no memory of ours.
            let result = match unsafe { write(file.as_raw_fd(), pointer.cast(), length) } {
                -1 => Err(io::Error::last_os_error().raw_os_error().expect("an errno")),
                length => Ok(length as usize),
            };
            outcomes.add(result);
            if name.starts_with("events/") {
                // Nothing random is the name of an event.
                assert!(
                    matches!(result, Err(EFAULT | EINVAL | ENAMETOOLONG | ENOENT)),
                    "{name}, write {turn}: {result:?}: {}",
                    show(&input)
                );
                continue;
            }
            let expected = match bad_pointer {
                true => Err(EFAULT),
                false => expected(&input),
            };
            let expected = match (counter, name) {
                (Some(counter), _) => expected.inspect(|number| {
                    model.values[counter] = model.values[counter].wrapping_add(*number)
                }),
                (None, "reset") => match expected {
                    Ok(1) => {
                        model.values = [0; 2];
                        Ok(1)
                    }
                    Ok(_) => Err(EINVAL),
                    error => error,
                },
                // Count too, but not everything, or not here.
                (None, "lossy/add" | "approximate/add") => expected,
                // Nobody reads what is written there.
                _ => expected.and(Err(EINVAL)),
            };
            match (expected, result) {
                (Err(EFAULT), Err(EFAULT | EINVAL)) => (),
                (Err(_), Err(EINVAL))
                    if ["total", "per_cpu", "read", "sum"]
                        .iter()
                        .any(|&f| path.ends_with(f)) =>
                {
                    ()
                }
                // Too large already before what is no digit.
                (Err(EINVAL), Err(ERANGE)) if input.len() > 20 => (),
                _ => assert_eq!(
                    result,
                    expected.map(|_| input.len()),
                    "{name}, write {turn}: {}",
                    show(&input)
                ),
            }
            if turn % 1000 == 0 {
                model.check();
            }
        }
        model.check();
        outcomes.show(&path, &format!("{writes} writes"));
    }
    cpu::pin(&cpu::online());
    Ok(())
}

/// Whatever part of a file is read, it is that part of the whole.
fn reads() -> Result<(), Skip> {
    let reads = parameter("writes").unwrap_or(WRITES) / 10;
    let mut random = Random::new();
    module::reset();
    for counter in COUNTERS {
        counter.add(random.next());
    }
    for path in files_in(Path::new(DEBUGFS)) {
        let file = File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let whole = fs::read(&path);
        let mut outcomes = Outcomes::default();
        for turn in 0..reads {
            let most = 1 << random.below(17);
            let length = random.below(most);
            let offset = random.next() >> random.below(64);
            let offset = match random.below(2) {
                0 => offset % 64,
                _ => offset,
            };
            let mut buffer = vec![0; length];
            let result = errno(file.read_at(&mut buffer, offset));
            outcomes.add(result);
            let at = || format!("{}, read {turn}: {length} from {offset}", path.display());
            match (&whole, result) {
                (Ok(whole), Ok(read)) => {
                    let rest = whole.get(offset as usize..).unwrap_or_default();
                    assert!(read <= length && read <= rest.len(), "{}", at());
                    assert_eq!(buffer[..read], rest[..read], "{}", at());
                    assert!(read > 0 || length == 0 || rest.is_empty(), "{}", at());
                }
                // Before the file, so to speak.
                (Ok(_), Err(EINVAL)) => assert!(offset > i64::MAX as u64 - (1 << 17), "{}", at()),
                (Err(_), Err(EINVAL | EBADF)) => (),
                (_, result) => panic!("{}: {result:?}", at()),
            }
        }
        outcomes.show(&path, &format!("{reads} reads"));
    }
    Ok(())
}

pub fn main() -> ExitCode {
    module::when_loaded(|| ktap::run(&[("writes", writes), ("reads", reads)]))
}
