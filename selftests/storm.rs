// SPDX-License-Identifier: GPL-2.0

//! The counters, and what is built on such, are exact under everything at once, and while CPUs come and go.
//!
//! Tasks, timers and IPIs in the kernel count without a pause. Meanwhile CPUs go offline and online
//! in turn, the tasks are sent from CPU to CPU, memory gets short, and others read and take out what
//! was counted. `increments=N`, `moves=N` of tasks, `rounds=N` of CPUs offline and `seconds=N` have it go
//! on until all are reached; `cycles=N` says how often each CPU goes offline in the second test.

use crate::{
    attacks::Attacks,
    cpu,
    ktap::{
        self,
        parameter,
        Skip, //
    },
    memory::meminfo,
    module::{
        self,
        COUNTERS, //
    }, //
};
use std::{
    ffi::{
        c_char,
        c_int,
        c_uint, //
    },
    fs::{
        self,
        File, //
    },
    io::Write,
    os::fd::FromRawFd,
    process::ExitCode,
    sync::atomic::{
        AtomicBool,
        AtomicU64,
        Ordering::SeqCst, //
    },
    sync::Mutex,
    thread,
    time::{
        Duration,
        Instant, //
    },
};

/// What counts in the module.
const NAMES: [&str; 6] = ["static", "dynamic", "lent", "shared", "packets", "counter"];
const INCREMENTS: u64 = 100_000_000;
const CYCLES: u64 = 200;
/// How often tasks are sent to another CPU, and all CPUs have been offline, at the least.
const MOVES: u64 = 2000;
const ROUNDS: u64 = 5;
/// The least increments between two moves of tasks, and between two drains or CPUs that go offline: tasks wait
/// for these, and on a slow emulator would do little else.
const PER_MOVE: u64 = 256;
const PER_PAUSE: u64 = 16384;

extern "C" {
    fn memfd_create(name: *const c_char, flags: c_uint) -> c_int;
}

/// How often something was done by others than the test, until it says that it is over.
#[derive(Default)]
struct Meanwhile {
    over: AtomicBool,
    /// Increments, as of when they were last read.
    made: AtomicU64,
    moves: AtomicU64,
    offline: AtomicU64,
    readings: AtomicU64,
    drains: AtomicU64,
    megabytes: AtomicU64,
    /// The CPU that is on its way out. Held while a task is sent anywhere: Linux 7.2 may leave a
    /// kernel thread on a CPU that it is sent to at that moment, which it then warns of.
    leaving: Mutex<Option<usize>>,
}

impl Meanwhile {
    /// Does it again and again, and counts how often, or how much: no more often than once in `each`
    /// increments.
    fn again(&self, what: &AtomicU64, each: u64, mut f: impl FnMut() -> u64) {
        // Whatever fails ends all.
        let _over = SetOnDrop(&self.over);
        while !self.over.load(SeqCst) {
            if what.load(SeqCst) * each > self.made.load(SeqCst) {
                thread::sleep(Duration::from_millis(10));
                continue;
            }
            what.fetch_add(f(), SeqCst);
        }
    }
}

/// Sets the flag when it goes away, also in a panic.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// Thread numbers of the tasks that count.
fn counting_tasks() -> Vec<i32> {
    let processes = fs::read_dir("/proc").expect("/proc");
    let number = |entry: std::io::Result<fs::DirEntry>| {
        let number: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let name = fs::read_to_string(format!("/proc/{number}/comm")).ok()?;
        name.starts_with("percpu_test/").then_some(number)
    };
    processes.filter_map(number).collect()
}

/// Sends a task to a CPU, and the next time another to the next.
fn mover(leaving: &Mutex<Option<usize>>) -> impl FnMut() -> u64 + '_ {
    let tasks = counting_tasks();
    assert!(!tasks.is_empty(), "nobody counts");
    let mut turn = 0;
    move || {
        turn += 1;
        let leaving = leaving.lock().unwrap();
        let mut cpus = cpu::online();
        cpus.retain(|&cpu| Some(cpu) != *leaving);
        let (task, cpu) = (tasks[turn % tasks.len()], cpus[turn / 3 % cpus.len()]);
        cpu::try_move(task, &[cpu]).expect("moving a task");
        1
    }
}

/// Reads what is counted: no more than was begun, however it is divided.
fn read(attacks: &Attacks) -> u64 {
    let counts = attacks.numbers("counts");
    for name in NAMES {
        let (taken, sum) = (
            counts[&format!("{name}_taken")],
            counts[&format!("{name}_sum")],
        );
        let announced = counts["announced"];
        assert!(
            taken + sum <= announced,
            "{name}: {taken} taken out and {sum} there, of {announced}"
        );
    }
    thread::sleep(Duration::from_millis(2));
    1
}

/// Takes memory until little is left, and gives it back. It is a file's: that of a process comes with an
/// exception for each page, and goes with a word to all CPUs, for which some emulators take a millisecond.
fn press(over: &AtomicBool) -> impl FnMut() -> u64 + '_ {
    let megabyte = vec![1; 1 << 20];
    move || {
        // SAFETY: The name is a string of C's, and the number an open file's that nobody else has.
        let mut file = unsafe {
            let number = memfd_create(c"storm".as_ptr(), 0);
            assert!(number >= 0, "a file in memory: {number}");
            File::from_raw_fd(number)
        };
        let mut taken = 0;
        while meminfo("MemAvailable") > 64 << 10 && taken < 1024 && !over.load(SeqCst) {
            file.write_all(&megabyte).expect("taking memory");
            taken += 1;
        }
        drop(file);
        let _ = fs::write("/proc/sys/vm/drop_caches", "3");
        taken
    }
}

/// The CPUs that may be taken offline.
fn removable() -> Result<Vec<usize>, Skip> {
    let file = |cpu| format!("/sys/devices/system/cpu/cpu{cpu}/online");
    let mut cpus = cpu::online();
    cpus.retain(|&cpu| fs::metadata(file(cpu)).is_ok());
    // One has to stay.
    if cpus.len() == cpu::online().len() {
        cpus.remove(0);
    }
    match cpus.is_empty() {
        true => Err(Skip("there is no CPU that can be taken offline".into())),
        false => Ok(cpus),
    }
}

fn set_online(cpu: usize, online: bool) {
    let file = format!("/sys/devices/system/cpu/cpu{cpu}/online");
    let text = if online { "1" } else { "0" };
    fs::write(&file, text).unwrap_or_else(|e| panic!("{file} < {text}: {e}"));
}

/// Ends the storm and compares what was counted with what should be.
fn assert_exact(attacks: &Attacks) -> u64 {
    attacks.write("storm", 0);
    let counts = attacks.numbers("counts");
    let made = counts["made"];
    assert_eq!(counts["announced"], made, "started and made");
    for name in NAMES {
        let (taken, sum) = (
            counts[&format!("{name}_taken")],
            counts[&format!("{name}_sum")],
        );
        println!(
            "# {name}: {taken} taken out + {sum} there = {}, expected {made}",
            taken + sum
        );
        assert_eq!(taken + sum, made, "{name}");
    }
    for wrong in [
        "refused",
        "lent_twice",
        "torn",
        "released_early",
        "read_while_written",
        "objects_of_two",
    ] {
        assert_eq!(counts[wrong], 0, "{wrong}");
    }
    assert_eq!(counts["released"], counts["kills"], "released");
    println!(
        "# references: killed {} times, {} were not let in",
        counts["kills"], counts["not_let_in"]
    );
    // Dropped when the count of the last comes to zero: each clone was counted, and dropped, once.
    assert_eq!(
        counts["pointers_dropped"], counts["pointers_made"],
        "counted pointers"
    );
    let (new, freed, kept) = (
        counts["objects_new"],
        counts["objects_freed"],
        counts["objects_kept"],
    );
    println!(
        "# objects: {} taken, {new} of them new, {freed} freed, {kept} kept",
        counts["objects_taken"]
    );
    assert_eq!(new, freed + kept, "objects");
    println!(
        "# by {} timer interrupts, {} IPIs, and tasks; {} allocations meanwhile",
        counts["ticks"], counts["ipis"], counts["boxes"]
    );
    made
}

fn everything_at_once() -> Result<(), Skip> {
    let increments = parameter("increments").unwrap_or(INCREMENTS);
    let moves = parameter("moves").unwrap_or(MOVES);
    let least_rounds = parameter("rounds").unwrap_or(ROUNDS);
    let time = Duration::from_secs(parameter("seconds").unwrap_or(0));
    let attacks = Attacks::load()?;
    let removable = removable().unwrap_or_default();
    let start = Instant::now();
    attacks.write("storm", 1);
    let meanwhile = Meanwhile::default();
    thread::scope(|scope| {
        let (m, attacks) = (&meanwhile, &attacks);
        scope.spawn(|| m.again(&m.moves, PER_MOVE, mover(&m.leaving)));
        scope.spawn(|| m.again(&m.readings, 0, || read(attacks)));
        scope.spawn(|| m.again(&m.readings, 0, || read(attacks)));
        scope.spawn(|| m.again(&m.megabytes, 0, press(&m.over)));
        scope.spawn(|| {
            m.again(&m.drains, PER_PAUSE, || {
                attacks.write("drain", 1);
                thread::sleep(Duration::from_millis(20));
                1
            })
        });
        scope.spawn(|| {
            let mut turn = removable.iter().cycle();
            m.again(&m.offline, PER_PAUSE, || {
                let Some(&cpu) = turn.next() else {
                    thread::sleep(Duration::from_millis(10));
                    return 0;
                };
                *m.leaving.lock().unwrap() = Some(cpu);
                set_online(cpu, false);
                set_online(cpu, true);
                *m.leaving.lock().unwrap() = None;
                1
            })
        });

        let _over = SetOnDrop(&m.over);
        let mut said = 0;
        while !m.over.load(SeqCst) {
            let counts = attacks.numbers("counts");
            // References that were killed let nobody in, and interrupts take no semaphore.
            let missed = counts["not_let_in"].max(counts["ticks"] + counts["ipis"]);
            m.made.store(counts["made"], SeqCst);
            let made = counts["made"].saturating_sub(missed);
            let rounds = m.offline.load(SeqCst) / (removable.len() as u64).max(1);
            if start.elapsed() >= time
                && made >= increments
                && m.moves.load(SeqCst) >= moves
                && (rounds >= least_rounds || removable.is_empty())
            {
                break;
            }
            if start.elapsed().as_secs() / 5 > said {
                said = start.elapsed().as_secs() / 5;
                println!(
                    "# {:3} s: {made} increments, {} moves, {rounds} rounds of CPUs offline",
                    start.elapsed().as_secs(),
                    m.moves.load(SeqCst)
                );
            }
            thread::sleep(Duration::from_millis(100));
        }
    });
    let made = assert_exact(&attacks);
    println!(
        "# {} moves, {} times a CPU offline, {} readings, {} drains, {} MB taken and given back",
        meanwhile.moves.into_inner(),
        meanwhile.offline.into_inner(),
        meanwhile.readings.into_inner(),
        meanwhile.drains.into_inner(),
        meanwhile.megabytes.into_inner(),
    );
    println!(
        "# {made} increments of each counter in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    assert!(made >= increments);
    Ok(())
}

/// Every CPU goes offline and comes back while all count. What a program added on it is there all the
/// time.
fn hotplug() -> Result<(), Skip> {
    let cycles = parameter("cycles").unwrap_or(CYCLES);
    let attacks = Attacks::load()?;
    let removable = removable()?;
    let start = Instant::now();
    module::reset();
    // The tasks rest, for the sake of those who switch CPUs off and on.
    attacks.write("storm", 1000);
    for (turn, &cpu) in removable.iter().enumerate() {
        let mut expected = 0;
        for cycle in 1..=cycles {
            cpu::pin(&[cpu]);
            COUNTERS.iter().for_each(|counter| counter.add(cycle));
            expected += cycle;
            cpu::pin(&[cpu::online()[0]]);
            set_online(cpu, false);
            assert!(!cpu::online().contains(&cpu), "CPU {cpu} is online");
            for counter in COUNTERS {
                assert_eq!(counter.on_cpu(cpu), expected, "on CPU {cpu}, offline");
            }
            set_online(cpu, true);
            for counter in COUNTERS {
                assert_eq!(counter.on_cpu(cpu), expected, "on CPU {cpu}, back");
            }
            read(&attacks);
        }
        println!(
            "# {:3} s: CPU {cpu} was offline {cycles} times, {} of {} CPUs",
            start.elapsed().as_secs(),
            turn + 1,
            removable.len()
        );
    }
    let all = removable.len() as u64 * cycles * (cycles + 1) / 2;
    for counter in COUNTERS {
        assert_eq!(counter.total(), all);
    }
    cpu::pin(&cpu::online());
    let made = assert_exact(&attacks);
    assert_ne!(made, 0);
    Ok(())
}

pub fn main() -> ExitCode {
    module::when_loaded(|| {
        ktap::run(&[
            ("everything_at_once", everything_at_once),
            ("hotplug", hotplug),
        ])
    })
}
