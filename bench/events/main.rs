// SPDX-License-Identifier: GPL-2.0

//! Counts the instructions of a trace event, with different things attached to it.
//!
//! For a guest whose clock counts instructions: `vm/run --icount`. Writing a name to
//! `/sys/kernel/debug/percpu_events/count` attaches what has that name, fires the event
//! `rust_percpu:rust_percpu_free`, and detaches it; under any other name it is counted with what
//! others have attached. A line of the kernel log for each: how often the event was fired, how
//! often that was counted, and what so many rounds of the loop took, again and again.

#[path = "../../demo/abi/mod.rs"]
#[allow(dead_code)]
mod abi;

use abi::{
    debugfs::Tree,
    event_counter::EventCounter, //
};
use kernel::{
    error::to_result,
    prelude::*,
    sync::{
        new_mutex,
        Mutex, //
    },
    uaccess::UserSliceReader, //
};
use percpu::irqs_off;

module! {
    type: Events,
    name: "percpu_events",
    authors: ["The rust_percpu authors"],
    description: "Counts the instructions of a trace event that is counted",
    license: "GPL",
}

const ROUNDS: usize = 1000;
const REPETITIONS: usize = 3;
/// Once to warm up, once, and twice as long.
const FIRED: u64 = (REPETITIONS * (1 + 1 + 2) * ROUNDS) as u64;

unsafe extern "C" {
    safe fn percpu_events_loop(rounds: usize);
    safe fn percpu_events_fire(rounds: usize);
    safe fn percpu_events_clock() -> u64;
    fn percpu_events_start_this_cpu() -> c_int;
    fn percpu_events_stop_this_cpu() -> u64;
    fn percpu_events_start_atomic() -> c_int;
    fn percpu_events_stop_atomic() -> u64;
}

/// What `ROUNDS` rounds take, without what goes before and after them.
fn cost(run: extern "C" fn(rounds: usize)) -> u64 {
    irqs_off(|_| {
        let clock = |rounds| {
            let start = percpu_events_clock();
            run(rounds);
            percpu_events_clock().wrapping_sub(start)
        };
        // The first time, tables may have to be filled.
        clock(ROUNDS);
        let once = clock(ROUNDS);
        clock(2 * ROUNDS).wrapping_sub(once)
    })
}

/// The event's cost, each time, and how often it was counted meanwhile if somebody here does.
fn costs(attached: &str) -> Result<([u64; REPETITIONS], Option<u64>)> {
    let costs = || [(); REPETITIONS].map(|()| cost(percpu_events_fire));
    Ok(match attached {
        "loop" => ([(); REPETITIONS].map(|()| cost(percpu_events_loop)), None),
        "rust" => {
            let counter = EventCounter::count(c"rust_percpu", c"rust_percpu_free");
            let counter = KBox::pin_init(counter, GFP_KERNEL)?;
            (costs(), Some(counter.sum()))
        }
        "this_cpu" => {
            // SAFETY: Only here, one task at a time, and stopped below.
            to_result(unsafe { percpu_events_start_this_cpu() })?;
            // SAFETY: It was started.
            (costs(), Some(unsafe { percpu_events_stop_this_cpu() }))
        }
        "atomic" => {
            // SAFETY: As above.
            to_result(unsafe { percpu_events_start_atomic() })?;
            // SAFETY: It was started.
            (costs(), Some(unsafe { percpu_events_stop_atomic() }))
        }
        _ => (costs(), None),
    })
}

fn count(turn: &Mutex<()>, input: &mut UserSliceReader) -> Result {
    let mut buf = [0; 32];
    let buf = buf.get_mut(..input.len()).ok_or(EINVAL)?;
    input.read_slice(buf)?;
    let attached = core::str::from_utf8(buf)?.trim_end();
    let _turn = turn.lock();
    let (costs, counted) = costs(attached)?;
    match counted {
        Some(counted) => pr_info!("row {attached} {FIRED} {counted} {costs:?}\n"),
        None => pr_info!("row {attached} {FIRED} - {costs:?}\n"),
    }
    Ok(())
}

struct Events {
    _files: Pin<KBox<Tree<Pin<KBox<Mutex<()>>>>>>,
}

impl kernel::Module for Events {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        pr_info!("rounds {ROUNDS}\n");
        let turn = KBox::pin_init(new_mutex!(()), GFP_KERNEL)?;
        let files = Tree::new(c"percpu_events", turn, |dir| {
            dir.write_file(c"count", |turn, input| count(turn, input));
        });
        let files = KBox::pin_init(files, GFP_KERNEL)?;
        Ok(Self { _files: files })
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        pr_info!("end\n");
    }
}
