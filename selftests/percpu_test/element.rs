// SPDX-License-Identifier: GPL-2.0

//! Elements of arrays: each is its own, wherever the array is, and however large they are.

use crate::{
    check,
    Wrong, //
};
use core::hint::black_box;
use kernel::prelude::*;
use percpu::{
    define_per_cpu,
    field,
    get_cpu,
    PerCpu,
    PerCpuBox,
    Place,
    Scalar, //
};

/// Not as large as an instruction can multiply by.
struct Odd {
    _other: Scalar<u32>,
    count: Scalar<u64>,
    last: [Scalar<u16>; 3],
}

impl Odd {
    const fn new() -> Self {
        Self {
            _other: Scalar::new(0),
            count: Scalar::new(0),
            last: [const { Scalar::new(0) }; 3],
        }
    }
}

struct Stats {
    _first: Scalar<u64>,
    bins: [Scalar<u32>; 5],
}

define_per_cpu! {
    static BYTES: [Scalar<u8>; 7] = [const { Scalar::new(0) }; 7];
    static WORDS: [Scalar<u64>; 7] = [const { Scalar::new(0) }; 7];
    static ODD: [Odd; 4] = [const { Odd::new() }; 4];
    static STATS: Stats = Stats { _first: Scalar::new(0), bins: [const { Scalar::new(0) }; 5] };
    static NESTED: [[Scalar<i16>; 3]; 2] = [const { [const { Scalar::new(0) }; 3] }; 2];
}

pub(crate) fn test() -> Result<(), Wrong> {
    let boxed = PerCpuBox::<[Scalar<u64>; 7]>::zeroed(GFP_KERNEL)?;
    get_cpu(|guard| {
        check!(each_is_its_own(&WORDS));
        check!(each_is_its_own(&boxed));
        check!(each_is_its_own(&*boxed.to_ref()));
        check!(BYTES.element(7).is_none() && BYTES.element(usize::MAX).is_none());
        for i in 0..7 {
            let byte = BYTES.element(black_box(i));
            check!(byte.is_some_and(|byte| {
                byte.this_cpu_write(i as u8);
                byte.this_cpu_add_return(10) == i as u8 + 10
            }));
        }
        let copy = BYTES.this_cpu_ptr(guard);
        check!((0..7).all(|i| copy[i].read_once() == i as u8 + 10));

        // Parts of elements, and elements of parts.
        for i in 0..4 {
            let Some(odd) = ODD.element(black_box(i)) else {
                return Err(Wrong::new(line!(), "no element"));
            };
            field!(odd, Odd, count).this_cpu_add(100 + i as u64);
            let last = field!(odd, Odd, last);
            for j in 0..3 {
                check!(last.element(black_box(j)).is_some_and(|last| {
                    last.this_cpu_write((10 * i + j) as u16);
                    last.this_cpu_xchg(7) == (10 * i + j) as u16
                }));
            }
        }
        let copy = ODD.this_cpu_ptr(guard);
        check!((0..4).all(|i| copy[i].count.read_once() == 100 + i as u64));
        check!(copy
            .iter()
            .all(|odd| odd.last.iter().all(|last| last.read_once() == 7)));

        for i in 0..5 {
            let bins = field!(STATS, Stats, bins);
            check!(bins.element(black_box(i)).is_some_and(|bin| {
                bin.this_cpu_add(i as u32);
                bin.this_cpu_inc_return() == i as u32 + 1
            }));
        }
        check!(STATS.this_cpu_ptr(guard).bins[4].read_once() == 5);

        for (i, j) in (0..2).flat_map(|i| (0..3).map(move |j| (i, j))) {
            let row = NESTED.element(black_box(i));
            check!(row.is_some_and(|row| {
                row.element(black_box(j)).is_some_and(|one| {
                    one.this_cpu_sub((3 * i + j) as i16);
                    one.this_cpu_cmpxchg(-((3 * i + j) as i16), 1) == -((3 * i + j) as i16)
                })
            }));
        }
        check!(NESTED
            .this_cpu_ptr(guard)
            .iter()
            .flatten()
            .all(|one| one.read_once() == 1));
        Ok(())
    })
}

/// Whether each element has what was done to it, and nothing else.
fn each_is_its_own(array: &PerCpu<impl Place<Target = [Scalar<u64>; 7]>>) -> bool {
    get_cpu(|guard| {
        for i in 0..7 {
            let Some(word) = array.element(black_box(i)) else {
                return false;
            };
            word.this_cpu_write(1 << i);
            word.this_cpu_or(0x100);
            word.__this_cpu_inc(guard);
            word.this_cpu_dec();
            let mut old = 0x100 | 1 << i;
            if !word.this_cpu_try_cmpxchg(&mut old, 0x200 | 1 << i) {
                return false;
            }
        }
        let copy = array.this_cpu_ptr(guard);
        (0..7).all(|i| copy[i].read_once() == 0x200 | 1 << i)
    })
}
