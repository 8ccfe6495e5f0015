// SPDX-License-Identifier: GPL-2.0

//! Nanoseconds of each operation on 1 to all processors, and of what a per-CPU variable stands in
//! for.

use core::{
    hint::black_box,
    sync::atomic::{
        AtomicU64,
        Ordering::Relaxed, //
    },
};
use criterion::{
    criterion_group,
    criterion_main,
    BenchmarkId,
    Criterion, //
};
use percpu_native::{
    place::{
        Atomic,
        Zero, //
    },
    processors,
    Copies,
    CpuOps,
    HITS, //
};
use std::{
    sync::{
        Barrier,
        Mutex, //
    },
    thread,
    time::{
        Duration,
        Instant, //
    },
};

/// Alone on its cache line, and on the one that is fetched with it.
#[repr(align(128))]
struct Padded(AtomicU64);

/// What the slowest of the threads took, each on a processor of its own, for `rounds` of `op`.
fn on_each<F: Fn(usize) + Sync>(processors: &[usize], rounds: u64, op: F) -> Duration {
    let start = Barrier::new(processors.len());
    thread::scope(|scope| {
        let threads: Vec<_> = processors
            .iter()
            .enumerate()
            .map(|(number, &processor)| {
                let (start, op) = (&start, &op);
                scope.spawn(move || {
                    let _copies = Copies::new(processor).expect("GS base, or pinning");
                    start.wait();
                    let began = Instant::now();
                    for _ in 0..rounds {
                        op(number);
                    }
                    began.elapsed()
                })
            })
            .collect();
        let times = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread"));
        times.max().unwrap_or_default()
    })
}

/// Every thread counts on a copy of its own, and exactly.
fn check(processors: &[usize]) {
    const ROUNDS: u64 = 1_000_000;
    let counted = AtomicU64::new(0);
    on_each(processors, 1, |_| {
        for _ in 0..ROUNDS {
            // SAFETY: By a thread with copies, to `HITS` as a `u64`.
            unsafe { HITS.inc::<u64, Zero, Atomic>() };
        }
        // SAFETY: As above.
        let mine = unsafe { HITS.read::<u64, Zero, Atomic>() };
        assert_eq!(mine, ROUNDS, "a thread's copy is its own");
        counted.fetch_add(mine, Relaxed);
    });
    assert_eq!(counted.into_inner(), ROUNDS * processors.len() as u64);
}

fn native(criterion: &mut Criterion) {
    let all = processors();
    check(&all);
    let mut counts: Vec<_> = (0..)
        .map(|shift| 1 << shift)
        .take_while(|&n| n < all.len())
        .collect();
    counts.push(all.len());
    let shared = AtomicU64::new(0);
    let padded: Vec<_> = all.iter().map(|_| Padded(AtomicU64::new(0))).collect();
    let mutex = Mutex::new(0u64);
    macro_rules! rows {
        ($($name:literal: $number:pat => $op:expr;)*) => {$(
            let mut group = criterion.benchmark_group($name);
            for &count in &counts {
                group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
                    bencher.iter_custom(|rounds| on_each(&all[..count], rounds, |$number| $op));
                });
            }
            group.finish();
        )*};
    }
    // SAFETY: All is done by threads with copies, to `HITS` as a `u64`.
    unsafe {
        rows! {
            "nothing": _ => { black_box(()) };
            "this_cpu_inc": _ => HITS.inc::<u64, Zero, Atomic>();
            "this_cpu_add": _ => HITS.add::<u64, Zero, Atomic>(black_box(3));
            "this_cpu_add_return": _ => {
                black_box(HITS.add_return::<u64, Zero, Atomic>(black_box(3)));
            };
            "this_cpu_xchg": _ => { black_box(HITS.xchg::<u64, Zero, Atomic>(black_box(0))); };
            "this_cpu_cmpxchg": _ => {
                black_box(HITS.cmpxchg::<u64, Zero, Atomic>(black_box(0), black_box(0)));
            };
            "atomic, one a thread": number => { padded[number].0.fetch_add(1, Relaxed); };
            "atomic, shared": _ => { shared.fetch_add(1, Relaxed); };
            "mutex, shared": _ => {
                *mutex.lock().expect("no thread panics") += 1;
            };
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .sample_size(50);
    targets = native
}
criterion_main!(benches);
