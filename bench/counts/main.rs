// SPDX-License-Identifier: GPL-2.0

//! Counts the instructions of operations in C and in Rust, when it is loaded.
//!
//! For a guest whose clock counts instructions: `vm/run --icount`. A line of the kernel log for each
//! row: what so many rounds of its loop took in C, and in Rust.

#![allow(asm_sub_register)] // No register is ever written out.
#![allow(non_snake_case, non_upper_case_globals)] // The variables have the names that they have in C.

#[path = "../../demo/abi/mod.rs"]
#[allow(dead_code)]
mod abi;
#[path = "../../examples/object_cache/cache.rs"]
#[allow(dead_code)]
mod cache;

use abi::trace;
use cache::Cache;
use core::{
    arch::asm,
    mem::ManuallyDrop,
    ptr, //
};
use kernel::{
    cpu::CpuId,
    error::to_result,
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        SpinLock, //
    },
};
use percpu::{
    define_per_cpu,
    field,
    get_cpu,
    irqs_off,
    migrate_disable,
    new_local_lock,
    new_percpu_rwsem,
    smp_call_function_single,
    u64_stats,
    Decimal,
    LocalLock,
    PerCpuBox,
    PercpuCounter,
    PercpuCounterBox,
    PercpuRef,
    PercpuRefGuard,
    PercpuRefInit,
    PercpuRefOps,
    PercpuRwSemaphore,
    Pinned,
    PossibleCpu,
    PreemptOff,
    Scalar,
    U64Stats, //
};
#[cfg(CONFIG_64BIT)]
use percpu::{
    PercpuArc,
    PercpuArcOwner, //
};

module! {
    type: Bench,
    name: "percpu_bench",
    authors: ["The rust_percpu authors"],
    description: "Counts the instructions of per-CPU operations in C and in Rust",
    license: "GPL",
    params: {
        sums: u64 {
            default: 0,
            description: "1: only sums over all CPUs, as the rest takes long where these are many",
        },
    },
}

const ROUNDS: usize = 1000;

#[allow(non_camel_case_types)]
type s64 = i64;

type Hist = [Scalar<u64>; 32];

struct Both {
    _first: Scalar<u64>,
    second: Scalar<u64>,
}

define_per_cpu! {
    static zero_u8: Scalar<u8> = Scalar::new(0);
    static zero_u16: Scalar<u16> = Scalar::new(0);
    static zero_u32: Scalar<u32> = Scalar::new(0);
    static zero_u64: Scalar<u64> = Scalar::new(0);
    static count_u8: Scalar<u8> = Scalar::new(0);
    static count_u16: Scalar<u16> = Scalar::new(0);
    static count_u32: Scalar<u32> = Scalar::new(0);
    static count_u64: Scalar<u64> = Scalar::new(0);
    static static_hist: Hist = [const { Scalar::new(0) }; 32];
    static static_pair: Both = Both { _first: Scalar::new(0), second: Scalar::new(0) };
    static lent: LocalLock<u64> = new_local_lock!(0);
    static traffic: U64Stats<Traffic> = U64Stats::new();
}

u64_stats! {
    struct Traffic {
        packets: u64,
        bytes: u64,
    }
}

static SHARED: Atomic<i64> = Atomic::new(0);

/// Allocated variables of a type.
struct Pair<I: percpu::ScalarType> {
    zero: PerCpuBox<Scalar<I>>,
    count: PerCpuBox<Scalar<I>>,
}

impl<I: percpu::ScalarType> Pair<I> {
    fn new() -> Result<Self> {
        Ok(Self {
            zero: PerCpuBox::zeroed(GFP_KERNEL)?,
            count: PerCpuBox::zeroed(GFP_KERNEL)?,
        })
    }
}

struct Vars {
    u8: Pair<u8>,
    u16: Pair<u16>,
    u32: Pair<u32>,
    u64: Pair<u64>,
    hist: PerCpuBox<Hist>,
    locked: Pin<KBox<SpinLock<u64>>>,
    built: Built,
}

/// What is built on per-CPU variables.
struct Built {
    counter: PercpuCounterBox,
    users: PercpuRef<Nothing>,
    #[cfg(CONFIG_64BIT)]
    owner: PercpuArcOwner<u64>,
    sem: PercpuRwSemaphore<u64>,
    called: PerCpuBox<Scalar<u64>>,
    cache: Cache,
}

struct Nothing;

impl PercpuRefOps for Nothing {
    fn release(&self) {}
}

impl Built {
    fn new() -> Result<Self> {
        Ok(Self {
            counter: PercpuCounter::new(0, GFP_KERNEL)?,
            users: PercpuRef::new(Nothing, PercpuRefInit::Percpu, GFP_KERNEL)?,
            #[cfg(CONFIG_64BIT)]
            owner: PercpuArc::new(0, GFP_KERNEL)?,
            sem: new_percpu_rwsem!(0, GFP_KERNEL)?,
            called: PerCpuBox::zeroed(GFP_KERNEL)?,
            cache: Cache::new(16)?,
        })
    }
}

/// A value for which there are no instructions, but which the compiler has to have.
trait Opaque: Copy {
    /// The same value, which the compiler knows nothing of.
    fn hide(self) -> Self;
    fn keep(self);
}

macro_rules! opaque {
    ($($type:ty: $class:ident,)*) => {$(
        impl Opaque for $type {
            #[inline(always)]
            fn hide(mut self) -> Self {
                // SAFETY: No instruction.
                unsafe {
                    asm!("/* {0} */", inout($class) self, options(nomem, nostack, preserves_flags))
                };
                self
            }

            #[inline(always)]
            fn keep(self) {
                // SAFETY: No instruction.
                unsafe {
                    asm!("/* {0} */", in($class) self, options(nomem, nostack, preserves_flags))
                };
            }
        }
    )*};
}

#[cfg(CONFIG_X86_64)]
opaque! { u8: reg_byte, }
#[cfg(not(CONFIG_X86_64))]
opaque! { u8: reg, }
opaque! { u16: reg, u32: reg, usize: reg, }
#[cfg(CONFIG_64BIT)]
opaque! { u64: reg, }

// In two registers.
#[cfg(not(CONFIG_64BIT))]
impl Opaque for u64 {
    #[inline(always)]
    fn hide(self) -> Self {
        u64::from((self as u32).hide()) | u64::from(((self >> 32) as u32).hide()) << 32
    }

    #[inline(always)]
    fn keep(self) {
        let (low, high) = (self as u32, (self >> 32) as u32);
        // SAFETY: No instruction.
        unsafe {
            asm!("/* {0} {1} */", in(reg) low, in(reg) high, options(nomem, nostack, preserves_flags))
        };
    }
}

impl Opaque for i64 {
    #[inline(always)]
    fn hide(self) -> Self {
        (self as u64).hide() as i64
    }

    #[inline(always)]
    fn keep(self) {
        (self as u64).keep();
    }
}

#[inline(always)]
fn keep(value: impl Opaque) {
    value.keep();
}

/// Keeps accesses to memory in the loop.
#[inline(always)]
fn barrier() {
    // SAFETY: No instruction.
    unsafe { asm!("", options(nostack, preserves_flags)) };
}

#[inline(always)]
fn missed() {
    // SAFETY: Does nothing.
    unsafe { asm!("nop", options(nomem, nostack, preserves_flags)) };
}

#[inline(always)]
fn remote(value: Option<u32>) {
    match value {
        Some(value) => keep(value),
        None => missed(),
    }
}

#[inline(always)]
fn cpu(number: u32) -> PossibleCpu {
    // SAFETY: `v` of the rows is zero, which is the number of a possible CPU.
    unsafe { PossibleCpu::new_unchecked(CpuId::from_u32_unchecked(number)) }
}

/// A box that is not dropped, as a value of its own: the pointer is in a register.
macro_rules! allocated {
    ($of:expr, $which:ident) => {
        // SAFETY: Never dropped, and gone before the original.
        ManuallyDrop::new(unsafe { ptr::read(&$of.$which) })
    };
}

/// The allocated variables that go with a type.
macro_rules! pair {
    ($vars:ident, u8) => {
        $vars.u8
    };
    ($vars:ident, u16) => {
        $vars.u16
    };
    ($vars:ident, u32) => {
        $vars.u32
    };
    ($vars:ident, $other:ident) => {
        $vars.u64
    };
}

type InRust = fn(usize, &Vars, &PercpuRefGuard<'_>, &PreemptOff);

struct Row {
    name: [&'static str; 3],
    c: unsafe extern "C" fn(rounds: usize),
    rust: Option<InRust>,
}

/// The Rust side of a row, if there is one.
macro_rules! in_rust {
    (@value $name:ident ;) => {
        None
    };
    (@value $name:ident $body:tt) => {
        Some($name as InRust)
    };
    ($vars:tt $name:ident $ty:ident ;) => {};
    (
        ($v:ident $w:ident $zero:ident $count:ident $hist:ident $locked:ident $built:ident $user:ident
            $pinned:ident)
        $name:ident $ty:ident { $($body:tt)* }
    ) => {
        #[inline(never)]
        #[no_mangle]
        #[allow(redundant_semicolons, unused_assignments, unused_variables, unused_mut)]
        fn $name(
            mut rounds: usize,
            vars: &Vars,
            $user: &PercpuRefGuard<'_>,
            $pinned: &PreemptOff,
        ) {
            let $zero = allocated!(pair!(vars, $ty), zero);
            let $count = allocated!(pair!(vars, $ty), count);
            let $hist = allocated!(vars, hist);
            let $locked = &*vars.locked;
            let $built = &vars.built;
            let mut $v: $ty = 0;
            let mut $w: $ty = 0;
            $v = $v.hide();
            $w = $w.hide();
            loop {
                barrier();
                { $($body)*; }
                rounds = rounds.hide().wrapping_sub(1);
                if rounds == 0 {
                    break;
                }
            }
        }
    };
}

macro_rules! rows {
    ($vars:tt $([$op:literal $type:literal $place:literal $c:ident $rust:ident $ty:ident] $body:tt)*) => {
        unsafe extern "C" {
            $(fn $c(rounds: usize);)*
        }

        $(in_rust!($vars $rust $ty $body);)*

        const ROWS: &[Row] = &[$(
            Row {
                name: [$op, $type, $place],
                c: $c,
                rust: in_rust!(@value $rust $body),
            },
        )*];
    };
}

include!(env!("PERCPU_BENCH_ROWS"));

unsafe extern "C" {
    fn percpu_bench_init() -> c_int;
    fn percpu_bench_exit();
    safe fn percpu_bench_clock() -> u64;
}

/// What `ROUNDS` rounds take, without what goes before and after them.
fn cost(interrupts_on: bool, run: impl Fn(usize, &PreemptOff)) -> u64 {
    let clock = |rounds| {
        get_cpu(|guard| {
            let start = percpu_bench_clock();
            run(rounds, guard);
            percpu_bench_clock().wrapping_sub(start)
        })
    };
    // The first time, tables may have to be filled.
    let rounds = |rounds| {
        clock(rounds);
        clock(rounds)
    };
    if interrupts_on {
        // Of many times, that in which none came.
        let least = |number| (0..20).map(|_| rounds(number)).fold(u64::MAX, u64::min);
        return least(2 * ROUNDS).wrapping_sub(least(ROUNDS));
    }
    irqs_off(|_| {
        let once = rounds(ROUNDS);
        rounds(2 * ROUNDS).wrapping_sub(once)
    })
}

/// Counts all rows.
fn count(vars: &Vars) -> Result {
    let user = vars.built.users.tryget_live().ok_or(ENOENT)?;
    let sums: u64 = percpu::versions::parameter(module_parameters::sums.value());
    let all = sums == 0;
    for row in ROWS {
        let [op, ty, place] = row.name;
        if !all && !["nothing", "sum", "percpu_counter_sum"].contains(&op) {
            continue;
        }
        let interrupts_on = place == "interrupts_on";
        // SAFETY: The C side was set up.
        let c = cost(interrupts_on, |rounds, _| unsafe { (row.c)(rounds) });
        match row.rust {
            Some(rust) => {
                let rust = cost(interrupts_on, |rounds, guard| {
                    rust(rounds, vars, &user, guard)
                });
                pr_info!("row {op} {ty} {place} {} {}\n", Decimal(c), Decimal(rust));
            }
            None => pr_info!("row {op} {ty} {place} {} -\n", Decimal(c)),
        }
    }
    Ok(())
}

struct Bench;

impl kernel::Module for Bench {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let vars = Vars {
            u8: Pair::new()?,
            u16: Pair::new()?,
            u32: Pair::new()?,
            u64: Pair::new()?,
            hist: PerCpuBox::new_with(|_cpu| [const { Scalar::new(0) }; 32], GFP_KERNEL)?,
            locked: KBox::pin_init(new_spinlock!(0), GFP_KERNEL)?,
            built: Built::new()?,
        };
        // SAFETY: Called once, and undone below.
        to_result(unsafe { percpu_bench_init() })?;
        pr_info!("rounds {ROUNDS}\n");
        let counted = count(&vars);
        pr_info!("end\n");
        // SAFETY: Nothing of C's is used any more.
        unsafe { percpu_bench_exit() };
        counted.map(|()| Self)
    }
}
