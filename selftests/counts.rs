// SPDX-License-Identifier: GPL-2.0

//! The counters count exactly: pinned, unpinned, read meanwhile, and reset.

use crate::{
    cpu,
    ktap::{
        self,
        Skip, //
    },
    module::{
        self,
        reset,
        Counter,
        COUNTERS, //
    }, //
};
use std::{
    process::ExitCode,
    sync::atomic::{
        AtomicBool,
        Ordering::SeqCst, //
    },
    thread, //
};

/// How often each writer adds.
const ROUNDS: u64 = 1000;

/// Adds `deltas` once for every element of `cpus`, each in a thread that may run on those CPUs.
fn add_on(counter: Counter, cpus: &[Vec<usize>], deltas: impl Fn(usize) -> Vec<u64> + Sync) {
    thread::scope(|scope| {
        for (writer, cpus) in cpus.iter().enumerate() {
            let deltas = &deltas;
            scope.spawn(move || {
                cpu::pin(cpus);
                let mut adder = counter.adder();
                deltas(writer)
                    .into_iter()
                    .for_each(|delta| adder.add(delta));
            });
        }
    });
}

fn each_online_cpu() -> Vec<Vec<usize>> {
    cpu::online().into_iter().map(|cpu| vec![cpu]).collect()
}

/// For each counter, from zero.
fn each_counter(test: impl Fn(Counter)) -> Result<(), Skip> {
    for counter in COUNTERS {
        reset();
        test(counter);
    }
    reset();
    Ok(())
}

fn shows_every_possible_cpu() -> Result<(), Skip> {
    each_counter(|counter| {
        let cpus: Vec<usize> = counter.per_cpu().into_iter().map(|(cpu, _)| cpu).collect();
        assert_eq!(cpus, cpu::possible());
    })
}

fn adds_on_the_writers_cpu() -> Result<(), Skip> {
    each_counter(|counter| {
        for cpu in cpu::online() {
            let before = counter.per_cpu();
            add_on(counter, &[vec![cpu]], |_| vec![7]);
            for ((c, old), (_, new)) in before.into_iter().zip(counter.per_cpu()) {
                assert_eq!(new - old, if c == cpu { 7 } else { 0 }, "on CPU {c}");
            }
        }
    })
}

fn pinned_writers_are_exact() -> Result<(), Skip> {
    each_counter(|counter| {
        add_on(counter, &each_online_cpu(), |_| vec![1; ROUNDS as usize]);
        for cpu in cpu::online() {
            assert_eq!(counter.on_cpu(cpu), ROUNDS, "on CPU {cpu}");
        }
    })
}

fn two_writers_on_a_cpu_are_exact() -> Result<(), Skip> {
    each_counter(|counter| {
        let twice = [each_online_cpu(), each_online_cpu()].concat();
        add_on(counter, &twice, |_| vec![3; ROUNDS as usize]);
        for cpu in cpu::online() {
            assert_eq!(counter.on_cpu(cpu), 2 * 3 * ROUNDS, "on CPU {cpu}");
        }
    })
}

fn unpinned_writers_are_exact() -> Result<(), Skip> {
    each_counter(|counter| {
        let anywhere = vec![cpu::online(); cpu::online().len() + 2];
        add_on(counter, &anywhere, |writer| {
            (0..ROUNDS).map(|i| i * writer as u64).collect()
        });
        let rounds = ROUNDS * (ROUNDS - 1) / 2;
        let writers = (0..anywhere.len() as u64).sum::<u64>();
        assert_eq!(counter.total(), rounds * writers);
    })
}

fn per_cpu_adds_up_to_total() -> Result<(), Skip> {
    each_counter(|counter| {
        add_on(counter, &each_online_cpu(), |writer| {
            vec![writer as u64 + 1; 10]
        });
        let sum: u64 = counter.per_cpu().into_iter().map(|(_, value)| value).sum();
        assert_eq!(sum, counter.total());
        assert_ne!(sum, 0);
    })
}

fn wraps_around() -> Result<(), Skip> {
    each_counter(|counter| {
        cpu::pin(&cpu::online()[..1]);
        counter.add(u64::MAX);
        assert_eq!(counter.total(), u64::MAX);
        counter.add(2);
        assert_eq!(counter.total(), 1);
        cpu::pin(&cpu::online());
    })
}

/// Sets the flag when it goes away, also in a panic.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// While counters only go up, so do readings, and never beyond what was written.
fn readings_are_what_was_there() -> Result<(), Skip> {
    each_counter(|counter| {
        let done = AtomicBool::new(false);
        let online = cpu::online().len() as u64;
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(SeqCst) {
                    let now = counter.total();
                    assert!(now >= last, "{now} after {last}");
                    assert!(now <= online * ROUNDS, "{now} is too much");
                    assert!(counter.per_cpu().iter().all(|&(_, value)| value <= ROUNDS));
                    last = now;
                }
            });
            let _done = SetOnDrop(&done);
            add_on(counter, &each_online_cpu(), |_| vec![1; ROUNDS as usize]);
        });
        assert_eq!(counter.total(), online * ROUNDS);
    })
}

/// What is added after a reset has returned is there, whoever else resets or adds elsewhere.
fn reset_loses_no_later_add() -> Result<(), Skip> {
    each_counter(|counter| {
        for _ in 0..20 {
            add_on(counter, &each_online_cpu(), |_| vec![5; 3]);
            reset();
            assert_eq!(counter.total(), 0);
            add_on(counter, &each_online_cpu(), |_| vec![1; 10]);
            assert_eq!(counter.total(), 10 * cpu::online().len() as u64);
        }
    })
}

fn resets_side_by_side() -> Result<(), Skip> {
    each_counter(|counter| {
        let most = 100 * cpu::online().len() as u64;
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..50).for_each(|_| reset()));
            }
            add_on(counter, &each_online_cpu(), |_| vec![1; 100]);
        });
        assert!(counter.total() <= most);
        reset();
        assert_eq!(counter.total(), 0);
    })
}

pub fn main() -> ExitCode {
    module::when_loaded(|| {
        ktap::run(&[
            ("shows_every_possible_cpu", shows_every_possible_cpu),
            ("adds_on_the_writers_cpu", adds_on_the_writers_cpu),
            ("pinned_writers_are_exact", pinned_writers_are_exact),
            (
                "two_writers_on_a_cpu_are_exact",
                two_writers_on_a_cpu_are_exact,
            ),
            ("unpinned_writers_are_exact", unpinned_writers_are_exact),
            ("per_cpu_adds_up_to_total", per_cpu_adds_up_to_total),
            ("wraps_around", wraps_around),
            ("readings_are_what_was_there", readings_are_what_was_there),
            ("reset_loses_no_later_add", reset_loses_no_later_add),
            ("resets_side_by_side", resets_side_by_side),
        ])
    })
}
