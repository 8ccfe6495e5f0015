// SPDX-License-Identifier: GPL-2.0

//! Every allocation fails once: the first that is made, then the second, and so on until none is
//! left to fail. Each time there is an error, or a warning, and nothing stays behind.
//!
//! Per-CPU allocations fail by a probe of `attacks.ko`; all others by the kernel's fault injection,
//! where it has that.

use crate::{
    attacks::Attacks,
    cpu,
    ktap::{
        self,
        Skip, //
    },
    memory,
    module::{
        self,
        assert_gone,
        COUNTERS,
        DEBUGFS, //
    }, //
};
use std::{
    collections::BTreeMap,
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
    process::ExitCode, //
};

const ENOMEM: i32 = 12;
/// What a device that cannot be made is to its driver, for whatever reason.
const ENODEV: i32 = 19;

/// What makes the n-th allocation fail that this thread makes.
trait Injector {
    /// 0 for none.
    fn fail(&mut self, n: u64);

    /// How many are still to come until one has failed.
    fn left(&mut self) -> u64;
}

impl Injector for &Attacks {
    fn fail(&mut self, n: u64) {
        self.write("fail", n);
    }

    fn left(&mut self) -> u64 {
        self.number("left")
    }
}

/// The kernel's own: /proc/thread-self/fail-nth, which can be read once.
struct FailNth(File);

impl FailNth {
    fn new() -> Result<Self, Skip> {
        let why = "the kernel was built without CONFIG_FAULT_INJECTION, FAILSLAB, FAIL_PAGE_ALLOC";
        let skip = |_| Skip(why.into());
        for (file, value) in [
            // Also those allocations that may wait.
            ("failslab/ignore-gfp-wait", "N"),
            ("fail_page_alloc/ignore-gfp-wait", "N"),
            ("fail_page_alloc/min-order", "0"),
            // Quietly.
            ("failslab/verbose", "0"),
            ("fail_page_alloc/verbose", "0"),
        ] {
            fs::write(format!("/sys/kernel/debug/{file}"), value).map_err(skip)?;
        }
        Ok(Self(Self::open().map_err(skip)?))
    }

    fn open() -> io::Result<File> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .open("/proc/thread-self/fail-nth")
    }
}

impl Injector for FailNth {
    fn fail(&mut self, n: u64) {
        if n != 0 {
            // Open before anything fails.
            self.0 = Self::open().expect("fail-nth");
        }
        let text = n.to_string();
        assert_eq!(self.0.write(text.as_bytes()).expect("fail-nth"), text.len());
    }

    fn left(&mut self) -> u64 {
        let mut text = [0; 32];
        let length = self.0.read(&mut text).expect("fail-nth");
        let text = std::str::from_utf8(&text[..length]).expect("fail-nth");
        text.trim().parse().expect(text)
    }
}

/// Has `f` fail at its first allocation, its second, and so on; `after` looks at what is left of it,
/// and is told whether it succeeded. Returns how many failed.
fn fail_each(
    what: &str,
    injector: impl Injector,
    f: impl FnMut() -> io::Result<()>,
    after: impl FnMut(bool),
) -> u64 {
    fail_each_from(1, what, injector, f, after)
}

fn fail_each_from(
    first: u64,
    what: &str,
    mut injector: impl Injector,
    mut f: impl FnMut() -> io::Result<()>,
    mut after: impl FnMut(bool),
) -> u64 {
    let mut errors = BTreeMap::new();
    for n in first.. {
        injector.fail(n);
        let result = f();
        let left = injector.left();
        injector.fail(0);
        after(result.is_ok());
        let error = match &result {
            Ok(()) if left != 0 => {
                let said: Vec<_> = errors
                    .iter()
                    .map(|(e, n)| format!("{n} times {e}"))
                    .collect();
                let failed = n - first;
                println!("# {what}: {failed} allocations failed: {}", said.join(", "));
                return failed;
            }
            Ok(()) => "no error".to_string(),
            Err(e) => {
                assert_eq!(left, 0, "{what}: nothing was made fail, but: {e}");
                let clean = matches!(e.raw_os_error(), Some(ENOMEM | ENODEV));
                assert!(clean, "{what}, allocation {n}: {e}");
                e.to_string()
            }
        };
        *errors.entry(error).or_insert(0) += 1;
        let failed = n - first + 1;
        if failed % 100 == 0 {
            println!("# {what}: {failed} allocations failed so far");
        }
    }
    unreachable!()
}

fn without_the_module() {
    if module::is_loaded() {
        module::rmmod().expect("rmmod");
    }
}

/// The module's file, open, so that no other file system is asked.
fn loader() -> impl FnMut() -> io::Result<()> {
    let file = File::open(module::file()).expect("rust_percpu.ko");
    move || module::load_file(&file, &[])
}

fn unload_if(loaded: bool) {
    if loaded {
        module::rmmod().expect("rmmod");
    }
    assert_gone();
}

/// Nothing is left of per-CPU memory, by the kernel's account.
fn balanced(f: impl FnOnce()) {
    let before = memory::percpu_allocations();
    let (made, left) = memory::percpu_allocations_by(f);
    println!("# {made} per-CPU allocations, {left} not freed");
    assert_ne!(made, 0);
    assert_eq!(left, 0, "per-CPU allocations that were not freed");
    memory::assert_no_more_percpu_allocations(before);
}

fn probe() -> Result<Attacks, Skip> {
    let attacks = Attacks::load()?;
    match attacks.try_write("fail", 0) {
        Ok(()) => Ok(attacks),
        Err(_) => Err(Skip("the kernel has no probes (CONFIG_KPROBES)".into())),
    }
}

fn percpu_memory_of_insmod() -> Result<(), Skip> {
    without_the_module();
    let attacks = probe()?;
    balanced(|| {
        let failed = fail_each("insmod", &attacks, loader(), |ok| unload_if(ok));
        // The allocated variable, and the area of the static ones.
        let least = 1 + u64::from(cpu::has_copies());
        assert!(failed >= least, "{failed} allocations failed");
    });
    Ok(())
}

/// As many values were dropped as were made.
fn assert_dropped(attacks: &Attacks) {
    let contents = attacks.numbers("contents");
    assert_eq!(contents["made"], contents["dropped"]);
}

fn percpu_memory_of_boxes() -> Result<(), Skip> {
    let attacks = probe()?;
    balanced(|| {
        let make = || attacks.try_write("boxes", 1);
        let failed = fail_each("PerCpuBox", &attacks, make, |_| assert_dropped(&attacks));
        assert!(failed >= 4, "{failed} allocations failed");
    });
    Ok(())
}

/// From where the loader has made the module's trace events, which it does with warnings of its own
/// where memory is short: how many allocations come before is told by a parameter that it refuses. They
/// are some more or fewer each time, as slabs have room. What is passed over for that is the loader's
/// too: it makes files in sysfs for longer before it calls the module.
fn all_memory_of_insmod() -> Result<(), Skip> {
    const MANY: u64 = 1_000_000;
    const LOADS: usize = 20;
    without_the_module();
    let mut injector = FailNth::new()?;
    let file = File::open(module::file()).expect("rust_percpu.ko");
    let counts = [(); LOADS].map(|()| {
        injector.fail(MANY);
        let result = module::load_file(&file, &["start=x"]);
        let left = injector.left();
        injector.fail(0);
        assert!(result.is_err());
        MANY - left
    });
    let least = counts.into_iter().min().expect("loads");
    let most = counts.into_iter().max().expect("loads");
    println!("# insmod: {least} to {most} allocations before it refuses a parameter");
    let first = most + 2 * (most - least) + 1;
    balanced(|| {
        let failed = fail_each_from(first, "insmod", injector, loader(), unload_if);
        assert!(failed >= 10, "{failed} allocations failed");
    });
    Ok(())
}

fn all_memory_of_open() -> Result<(), Skip> {
    without_the_module();
    FailNth::new()?;
    module::insmod(&[]).expect("insmod");
    for counter in COUNTERS {
        counter.add(7);
        for file in ["total", "per_cpu"] {
            let path = format!("{DEBUGFS}/{}/{file}", counter.0);
            let expected = fs::read(&path).expect(&path);
            let mut text = vec![0; 2 * expected.len()];
            let read = || {
                let length = File::open(&path)?.read(&mut text)?;
                assert_eq!(text[..length], expected);
                Ok(())
            };
            fail_each(&path, FailNth::new()?, read, |_| ());
        }
        let path = format!("{DEBUGFS}/{}/add", counter.0);
        let mut expected = counter.total();
        let add = || {
            let mut options = OpenOptions::new();
            options.write(true).open(&path)?.write(b"1").map(|_| ())
        };
        fail_each(&path, FailNth::new()?, add, |ok| {
            expected += ok as u64;
            assert_eq!(counter.total(), expected);
        });
    }
    module::rmmod().expect("rmmod");
    Ok(())
}

fn all_memory_of_boxes() -> Result<(), Skip> {
    let attacks = Attacks::load()?;
    let injector = FailNth::new()?;
    let path = "/sys/kernel/debug/attacks/boxes";
    let mut file = OpenOptions::new().write(true).open(path).expect(path);
    balanced(|| {
        let make = || file.write(b"1").map(|_| ());
        let failed = fail_each("PerCpuBox", injector, make, |_| assert_dropped(&attacks));
        assert!(failed >= 2, "{failed} allocations failed");
    });
    Ok(())
}

/// Of all that the tests before this one made fail.
fn nothing_leaked() -> Result<(), Skip> {
    if !fs::exists("/sys/kernel/debug/kmemleak").unwrap_or(false) {
        return Err(Skip(
            "the kernel was built without CONFIG_DEBUG_KMEMLEAK".into(),
        ));
    }
    let leaks = memory::leaks();
    assert_eq!(leaks, "", "kmemleak found something");
    Ok(())
}

pub fn main() -> ExitCode {
    if let Some(status) = module::cannot_load() {
        return status;
    }
    memory::forget_leaks();
    ktap::run(&[
        ("percpu_memory_of_insmod", percpu_memory_of_insmod),
        ("percpu_memory_of_boxes", percpu_memory_of_boxes),
        ("all_memory_of_insmod", all_memory_of_insmod),
        ("all_memory_of_open", all_memory_of_open),
        ("all_memory_of_boxes", all_memory_of_boxes),
        ("nothing_leaked", nothing_leaked),
    ])
}
