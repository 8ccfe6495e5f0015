// SPDX-License-Identifier: GPL-2.0

//! Counters of trace events: right by the kernel's own figures, and safe whatever is unloaded.

use crate::{
    cpu,
    ktap::{
        self,
        Skip, //
    },
    module::{
        self,
        COUNTERS, //
    },
    user_event, //
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
    path::Path,
    process::{
        Command,
        ExitCode, //
    },
    sync::{
        atomic::{
            AtomicBool,
            AtomicU32,
            AtomicU64,
            Ordering::SeqCst, //
        },
        mpsc, //
    },
    thread,
    time::Duration, //
};

const EVENTS: &str = "/sys/kernel/debug/rust_percpu/events";
const OWNER: &str = "events_owner";
const FIRED: &str = "events_owner:events_owner_fired";
const SWITCH: &str = "sched:sched_switch";

const ENOENT: i32 = 2;
const EAGAIN: i32 = 11;
const EBUSY: i32 = 16;
const EEXIST: i32 = 17;
const EINVAL: i32 = 22;
const ENAMETOOLONG: i32 = 36;
const EOPNOTSUPP: i32 = 95;

/// Writes a name to `attach` or `detach`.
fn tell(file: &str, name: impl AsRef<[u8]>) -> Result<(), i32> {
    let path = Path::new(EVENTS).join(file);
    let written = fs::OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|mut file| file.write(name.as_ref()));
    written
        .map(|n| assert_eq!(n, name.as_ref().len()))
        .map_err(|e| e.raw_os_error().expect("an error of the kernel"))
}

/// An event that is being counted; detached when dropped.
struct Attached<'a>(&'a str);

impl<'a> Attached<'a> {
    fn new(name: &'a str) -> Self {
        assert_eq!(tell("attach", name), Ok(()), "attaching {name}");
        Self(name)
    }

    fn read(&self, file: &str) -> String {
        let path = Path::new(EVENTS).join(self.0).join(file);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    fn total(&self) -> u64 {
        self.read("total").trim().parse().expect("a number")
    }

    /// The count of every possible CPU, by number.
    fn per_cpu(&self) -> Vec<u64> {
        let text = self.read("per_cpu");
        let values = text.lines().zip(cpu::possible()).map(|(line, cpu)| {
            let (number, value) = line.split_once(' ').expect(line);
            assert_eq!(number.parse(), Ok(cpu));
            value.parse().expect(line)
        });
        values.collect()
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        let result = tell("detach", self.0);
        if !thread::panicking() {
            assert_eq!(result, Ok(()), "detaching {}", self.0);
        }
    }
}

/// What is in the directory, but for the files to write to.
fn attached() -> Vec<String> {
    let names = fs::read_dir(EVENTS).expect(EVENTS);
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.contains(':')).collect();
    names.sort();
    names
}

/// Our own event says exactly how often it happens, and where.
fn counts_exactly() -> Result<(), Skip> {
    let event = Attached::new("rust_percpu:rust_percpu_add");
    assert_eq!(event.total(), 0);
    for (n, cpu) in (1..).zip(cpu::online()) {
        cpu::pin(&[cpu]);
        let mut adder = COUNTERS[0].adder();
        (0..100 * n).for_each(|_| adder.add(1));
    }
    cpu::pin(&cpu::online());
    let online = cpu::online();
    let on = |cpu| online.iter().position(|&c| c == cpu);
    let expected = cpu::possible().into_iter();
    let expected: Vec<_> = expected
        .map(|cpu| on(cpu).map_or(0, |n| 100 * (n as u64 + 1)))
        .collect();
    assert_eq!(event.per_cpu(), expected);
    assert_eq!(event.total(), expected.iter().sum());
    Ok(())
}

fn starts_from_zero_again() -> Result<(), Skip> {
    for _ in 0..3 {
        let event = Attached::new("rust_percpu:rust_percpu_add");
        assert_eq!(event.total(), 0);
        COUNTERS[1].add(1);
        assert_eq!(event.total(), 1);
    }
    assert!(!Path::new(EVENTS)
        .join("rust_percpu:rust_percpu_add")
        .exists());
    Ok(())
}

fn refuses() -> Result<(), Skip> {
    let long = |n: usize| [b"sched:".to_vec(), vec![b'x'; n - 6]].concat();
    let _switch = Attached::new(SWITCH);
    let before = attached();
    let bad: [(&[u8], i32); 16] = [
        (b"", EINVAL),
        (b"\n", EINVAL),
        (b"sched_switch", EINVAL),
        (b"\0", EINVAL),
        (b"sched:sched_switch\0", EINVAL),
        (b"sched:sched_\xffswitch", EINVAL),
        (b":", ENOENT),
        (b"sched:", ENOENT),
        (b":sched_switch", ENOENT),
        (b"sched:nothing", ENOENT),
        (b"nothing:sched_switch", ENOENT),
        (b"sched:sched_switch:", ENOENT),
        (b" sched:sched_switch", ENOENT),
        (b"sched:sched_switch\n\n", ENOENT),
        (b"../sched:sched_switch", ENOENT),
        (b"ftrace:function", ENOENT),
    ];
    for (name, error) in bad {
        assert_eq!(tell("attach", name), Err(error), "{}", name.escape_ascii());
    }
    for name in [SWITCH, "sched:sched_switch\n"] {
        assert_eq!(tell("attach", name), Err(EEXIST));
    }
    for (length, error) in [(255, ENOENT), (256, ENAMETOOLONG), (1 << 20, ENAMETOOLONG)] {
        assert_eq!(tell("attach", long(length)), Err(error), "{length} bytes");
        assert_eq!(tell("detach", long(length)), Err(error), "{length} bytes");
    }
    for name in ["sched:sched_wakeup", "nothing", "attach"] {
        assert_eq!(tell("detach", name), Err(ENOENT), "{name}");
    }
    assert_eq!(tell("detach", ""), Err(EINVAL));
    assert_eq!(attached(), before);
    Ok(())
}

/// An event that is no tracepoint of its own.
fn refuses_what_is_no_tracepoint() -> Result<(), Skip> {
    const EVENT: &str = "syscalls:sys_enter_read";
    if !Path::new("/sys/kernel/tracing/events/syscalls/sys_enter_read").exists() {
        return Err(Skip(
            "the kernel has no events of single system calls".into(),
        ));
    }
    assert_eq!(tell("attach", EVENT), Err(EOPNOTSUPP));
    assert_eq!(attached(), [""; 0]);
    Ok(())
}

/// A synthetic event, which calls its probes by itself, and as tracepoints do.
fn counts_synthetic_events() -> Result<(), Skip> {
    const SYNTHETIC: &str = "/sys/kernel/tracing/synthetic_events";
    const TRIGGER: &str = "/sys/kernel/tracing/events/rust_percpu/rust_percpu_add/trigger";
    const ACTION: &str =
        "hist:keys=cpu:d=delta:onmatch(rust_percpu.rust_percpu_add).trace(percpu_test_added,$d)";

    /// Without truncating, which takes all there is away.
    fn append(path: &str, text: &str) -> io::Result<()> {
        OpenOptions::new()
            .append(true)
            .open(path)?
            .write_all(text.as_bytes())
    }

    needs(SYNTHETIC)?;
    // What is to make such events.
    needs("/sys/kernel/tracing/events/rust_percpu/rust_percpu_add/hist")?;
    append(SYNTHETIC, "percpu_test_added u64 delta").expect("synthetic_events");
    append(TRIGGER, ACTION).expect("trigger");
    let event = Attached::new("synthetic:percpu_test_added");
    for _ in 0..5 {
        COUNTERS[0].add(1);
    }
    let counted = event.total();
    // It stays as long as it is counted.
    append(TRIGGER, &format!("!{ACTION}")).expect("trigger");
    let busy = append(SYNTHETIC, "!percpu_test_added").map_err(|e| e.raw_os_error());
    assert_eq!(busy, Err(Some(EBUSY)));
    drop(event);
    append(SYNTHETIC, "!percpu_test_added").expect("synthetic_events");
    assert_eq!(counted, 5);
    Ok(())
}

/// An event of a program, which passes its probes other things first than tracepoints do.
fn refuses_user_events() -> Result<(), Skip> {
    const DATA: &str = "/sys/kernel/tracing/user_events_data";

    needs(DATA)?;
    let mut data = OpenOptions::new()
        .read(true)
        .write(true)
        .open(DATA)
        .expect(DATA);
    let enabled = AtomicU32::new(0);
    let index = user_event::register(&data, c"percpu_test u32 a", &enabled).expect("register");
    assert_eq!(
        tell("attach", "user_events:percpu_test"),
        Err(EOPNOTSUPP),
        "attaching"
    );
    let message = [index.to_ne_bytes(), 7u32.to_ne_bytes()].concat();
    // EBADF, as nobody listens; if somebody does, it is called now.
    let _ = data.write(&message);
    assert_eq!(attached(), [""; 0]);
    Ok(())
}

/// An event of a module whose init fails: nobody can keep that module.
fn refuses_events_of_a_module_that_fails() -> Result<(), Skip> {
    needs("events_owner.ko")?;
    let is_loading = AtomicBool::new(true);
    let answers = thread::scope(|scope| {
        let asker = scope.spawn(|| {
            let mut answers = Vec::new();
            while is_loading.load(SeqCst) {
                let answer = tell("attach", FIRED);
                if answer.is_ok() {
                    tell("detach", FIRED).expect("detach");
                }
                answers.push(answer);
                thread::sleep(Duration::from_millis(5));
            }
            answers
        });
        let failed = module::load(Path::new("events_owner.ko"), &["fails_after_ms=300"]);
        is_loading.store(false, SeqCst);
        assert_eq!(failed.err().and_then(|e| e.raw_os_error()), Some(EINVAL));
        asker.join().expect("the asker")
    });
    assert!(answers.contains(&Err(EAGAIN)), "{answers:?}");
    assert!(!answers.contains(&Ok(())), "{answers:?}");
    assert_eq!(tell("attach", FIRED), Err(ENOENT));
    Ok(())
}

/// A source of the kernel's own: read before and after the counter, so that what the counter says
/// lies in between.
struct Bracket {
    before: Vec<u64>,
    counted: Vec<u64>,
    after: Vec<u64>,
}

impl Bracket {
    fn read(source: impl Fn() -> Vec<u64>, counter: impl Fn() -> Vec<u64>) -> Self {
        Self {
            before: source(),
            counted: counter(),
            after: source(),
        }
    }

    /// Compares what came to both from `start` to `self`.
    ///
    /// Each CPU may be between the two when it is looked at.
    fn check(&self, start: &Self, what: &str, in_flight: u64) {
        for i in 0..self.counted.len() {
            let counted = self.counted[i] - start.counted[i];
            let least = (self.before[i] - start.after[i]).saturating_sub(in_flight);
            let most = self.after[i] - start.before[i] + in_flight;
            if counted != 0 || most > in_flight {
                println!("# {what}: counted {counted}, by the kernel {least} to {most}");
            }
            assert!(
                (least..=most).contains(&counted),
                "{what}: counted {counted}, by the kernel {least} to {most}"
            );
        }
    }
}

/// Threads on all CPUs that hand something to each other.
fn switch_a_lot() {
    thread::scope(|scope| {
        for cpu in cpu::online() {
            let (to, from) = mpsc::sync_channel::<()>(0);
            scope.spawn(move || {
                cpu::pin(&[cpu]);
                (0..500).for_each(|_| to.send(()).unwrap());
            });
            scope.spawn(move || {
                cpu::pin(&cpu::online());
                from.into_iter().for_each(drop);
            });
        }
    });
}

/// Output on the serial line of the console, for its interrupts.
fn interrupt_a_lot() {
    for line in ["/dev/ttyS0", "/dev/ttyAMA0"] {
        if let Ok(mut line) = fs::OpenOptions::new().write(true).open(line) {
            for _ in 0..50 {
                // Taken, or there is no such line.
                let _ = line.write_all(b"................................\n");
                thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

fn idle() {
    thread::sleep(Duration::from_millis(500));
}

fn context_switches() -> Vec<u64> {
    let stat = fs::read_to_string("/proc/stat").expect("stat");
    let ctxt = stat.lines().find_map(|line| line.strip_prefix("ctxt "));
    vec![ctxt.expect("ctxt").parse().expect("a number")]
}

fn sched_switch_is_ctxt() -> Result<(), Skip> {
    let event = Attached::new(SWITCH);
    let read = || Bracket::read(context_switches, || vec![event.total()]);
    let in_flight = cpu::online().len() as u64;
    for (what, work) in [
        ("context switches while idle", idle as fn()),
        ("context switches under load", switch_a_lot),
    ] {
        let start = read();
        work();
        let end = read();
        end.check(&start, what, in_flight);
        assert_ne!(end.counted, start.counted, "{what}");
    }
    let counted = event.total();
    assert!(counted >= 500 * in_flight, "{counted}");
    Ok(())
}

/// Interrupts handled so far on each online CPU: lines that begin with a number, once for each of
/// the handlers that share it.
fn interrupts() -> Vec<u64> {
    let mut text = String::new();
    let mut file = File::open("/proc/interrupts").expect("interrupts");
    file.read_to_string(&mut text).expect("interrupts");
    let cpus = text
        .lines()
        .next()
        .expect("CPUs")
        .split_whitespace()
        .count();
    let mut sums = vec![0; cpus];
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let number = words.next().and_then(|word| word.strip_suffix(':'));
        if number.is_none_or(|number| number.parse::<u32>().is_err()) {
            continue;
        }
        let handlers = 1 + line.matches(", ").count() as u64;
        for sum in &mut sums {
            *sum += handlers * words.next().expect(line).parse::<u64>().expect(line);
        }
    }
    sums
}

fn irq_handler_entry_is_interrupts() -> Result<(), Skip> {
    if cfg!(not(target_arch = "x86_64")) {
        return Err(Skip(
            "interrupts between CPUs fire the event, and have no line of their own".into(),
        ));
    }
    // Only um has it.
    if Path::new("/proc/exitcode").exists() {
        return Err(Skip("the timer's interrupts are not counted".into()));
    }
    let event = Attached::new("irq:irq_handler_entry");
    let of_online = || {
        let counts = event.per_cpu();
        let online = cpu::online();
        let all = cpu::possible().into_iter().zip(counts);
        all.filter(|(cpu, _)| online.contains(cpu))
            .map(|(_, n)| n)
            .collect()
    };
    let read = || Bracket::read(interrupts, of_online);
    for (what, work) in [
        ("interrupts while idle", idle as fn()),
        ("interrupts under load", interrupt_a_lot),
    ] {
        let start = read();
        work();
        read().check(&start, what, 1);
    }
    assert_ne!(event.total(), 0, "no interrupt was handled");
    Ok(())
}

/// Sets the flag when it goes away, also in a panic.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// Two tasks attach and detach the same event while it happens all the time: one at a time has it.
fn attaches_side_by_side() -> Result<(), Skip> {
    let (done, had) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(SeqCst) {
                cpu::rest();
            }
        });
        let _done = SetOnDrop(&done);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..30 {
                        match tell("attach", SWITCH) {
                            Ok(()) => {
                                assert_eq!(had.fetch_add(1, SeqCst), 0, "two have it");
                                had.fetch_sub(1, SeqCst);
                                assert_eq!(tell("detach", SWITCH), Ok(()));
                            }
                            Err(error) => assert_eq!(error, EEXIST),
                        }
                    }
                });
            }
        });
    });
    assert_eq!(attached(), [""; 0]);
    Ok(())
}

fn needs(file: &str) -> Result<(), Skip> {
    match Path::new(file).exists() {
        true => Ok(()),
        false => Err(Skip(format!("no {file} here"))),
    }
}

fn tool(words: &[&str]) -> Result<(), String> {
    let output = Command::new(words[0])
        .args(&words[1..])
        .output()
        .map_err(|e| e.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// A module stays as long as its event is counted, and takes its event along when it goes.
fn keeps_the_owner_of_an_event() -> Result<(), Skip> {
    needs("events_owner.ko")?;
    let fire = |times: &str| fs::write(format!("/sys/module/{OWNER}/parameters/fire"), times);
    assert_eq!(tell("attach", FIRED), Err(ENOENT));
    for _ in 0..3 {
        tool(&["insmod", "events_owner.ko"]).expect("insmod");
        fire("7").expect("fire");
        let event = Attached::new(FIRED);
        fire("5").expect("fire");
        assert_eq!(event.total(), 5);
        assert!(
            tool(&["rmmod", OWNER]).is_err(),
            "unloaded under the counter"
        );
        fire("3").expect("fire");
        assert_eq!(event.total(), 8);
        drop(event);
        tool(&["rmmod", OWNER]).expect("rmmod");
        assert_eq!(tell("attach", FIRED), Err(ENOENT));
    }
    Ok(())
}

fn owner_comes_and_goes() -> Result<(), Skip> {
    needs("events_owner.ko")?;
    let (done, counted) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(SeqCst) {
                // Missing, on its way in or out, or there.
                if tell("attach", FIRED).is_ok() {
                    let _ = fs::write(format!("/sys/module/{OWNER}/parameters/fire"), "100");
                    tell("detach", FIRED).expect("detach");
                    counted.fetch_add(1, SeqCst);
                }
                // Time for the module to go.
                thread::sleep(Duration::from_millis(20));
            }
        });
        let _done = SetOnDrop(&done);
        for _ in 0..module::unloads() / 2 {
            tool(&["insmod", "events_owner.ko"]).expect("insmod");
            let so_far = counted.load(SeqCst);
            while counted.load(SeqCst) < so_far + 2 {
                thread::sleep(Duration::from_millis(1));
            }
            while tool(&["rmmod", OWNER]).is_err() {
                thread::sleep(Duration::from_millis(1));
            }
        }
    });
    assert_eq!(attached(), [""; 0]);
    Ok(())
}

/// Every event that the kernel has is attached, or is no tracepoint; then the module is unloaded
/// while they happen.
fn unloads_with_all_events_attached() -> Result<(), Skip> {
    if !module::has_file() {
        return Err(Skip(
            "no rust_percpu.ko here: set MODULE to its path".into(),
        ));
    }
    let events = fs::read_to_string("/sys/kernel/tracing/available_events").expect("events");
    let (mut all, mut refused) = (0, 0);
    for event in events.lines() {
        match tell("attach", event) {
            Ok(()) => all += 1,
            Err(error) => {
                assert_eq!(error, EOPNOTSUPP, "{event}");
                refused += 1;
            }
        }
    }
    println!("# {all} events attached, {refused} are no tracepoints");
    assert!(all > 100, "{all}");
    assert_eq!(attached().len(), all);
    switch_a_lot();
    module::rmmod().expect("rmmod");
    module::assert_gone();
    module::insmod(&[]).expect("insmod");
    assert_eq!(attached(), [""; 0]);
    Ok(())
}

/// Those who attach and detach come back all the time, while the module comes and goes.
fn attaching_races_with_rmmod() -> Result<(), Skip> {
    if !module::has_file() {
        return Err(Skip(
            "no rust_percpu.ko here: set MODULE to its path".into(),
        ));
    }
    let (done, attached) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for event in [SWITCH, "sched:sched_wakeup", "raw_syscalls:sys_enter"] {
            let (done, attached) = (&done, &attached);
            scope.spawn(move || {
                while !done.load(SeqCst) {
                    // The files may be gone, or go meanwhile.
                    if tell("attach", event).is_ok() {
                        attached.fetch_add(1, SeqCst);
                        let _ = tell("detach", event);
                    }
                    cpu::rest();
                }
            });
        }
        let _done = SetOnDrop(&done);
        for _ in 0..module::unloads() / 2 {
            let so_far = attached.load(SeqCst);
            while attached.load(SeqCst) < so_far + 2 {
                thread::sleep(Duration::from_millis(1));
            }
            module::rmmod().expect("rmmod");
            module::insmod(&[]).expect("insmod");
        }
    });
    for event in self::attached() {
        assert_eq!(tell("detach", &event), Ok(()));
    }
    Ok(())
}

/// What is open when an event is detached can still be closed; reading fails.
fn detaches_while_files_are_open() -> Result<(), Skip> {
    let event = Attached::new(SWITCH);
    let mut file = File::open(format!("{EVENTS}/{SWITCH}/total")).expect("total");
    drop(event);
    let error = file.read_to_string(&mut String::new());
    assert_eq!(
        error.err().map(|e| e.kind()),
        Some(io::Error::from_raw_os_error(5).kind())
    );
    let _again = Attached::new(SWITCH);
    drop(file);
    Ok(())
}

pub fn main() -> ExitCode {
    module::when_loaded(|| {
        if tell("attach", SWITCH) == Err(EOPNOTSUPP) {
            println!("1..0 # SKIP this kernel checks the types of probes (CONFIG_CFI)");
            return ExitCode::from(4);
        }
        tell("detach", SWITCH).expect(SWITCH);
        ktap::run(&[
            ("counts_exactly", counts_exactly),
            ("starts_from_zero_again", starts_from_zero_again),
            ("refuses", refuses),
            (
                "refuses_what_is_no_tracepoint",
                refuses_what_is_no_tracepoint,
            ),
            ("counts_synthetic_events", counts_synthetic_events),
            ("refuses_user_events", refuses_user_events),
            ("sched_switch_is_ctxt", sched_switch_is_ctxt),
            (
                "irq_handler_entry_is_interrupts",
                irq_handler_entry_is_interrupts,
            ),
            (
                "detaches_while_files_are_open",
                detaches_while_files_are_open,
            ),
            ("attaches_side_by_side", attaches_side_by_side),
            ("keeps_the_owner_of_an_event", keeps_the_owner_of_an_event),
            (
                "refuses_events_of_a_module_that_fails",
                refuses_events_of_a_module_that_fails,
            ),
            ("owner_comes_and_goes", owner_comes_and_goes),
            ("attaching_races_with_rmmod", attaching_races_with_rmmod),
            (
                "unloads_with_all_events_attached",
                unloads_with_all_events_attached,
            ),
        ])
    })
}
