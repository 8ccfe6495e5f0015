// SPDX-License-Identifier: GPL-2.0

//! The types that operations work on, what each operation should do, and the corner cases.
//!
//! All of it goes by way of `u64`, into which values are extended and from which they are cut, so
//! that nothing here shares a line with what is tested.

use crate::{
    c::{
        Op,
        Op::*,
        Type, //
    },
    form::Form, //
};
use percpu::{
    PerCpu,
    Place,
    Scalar,
    ScalarType, //
};

/// A type of the matrix.
pub(crate) trait Value: ScalarType + 'static {
    /// What it is to C.
    const TYPE: Type;
    /// What can be done to it.
    const OPS: &'static [Op];

    fn from_u64(bits: u64) -> Self;
    fn to_u64(self) -> u64;

    /// Does `op` as Rust.
    fn apply<F, P>(form: &F, var: &PerCpu<P>, op: Op, a: Self, b: Self) -> Self
    where
        F: Form,
        P: Place<Target = Scalar<Self>>;
}

const EXCHANGE: &[Op] = &[Read, Write, Xchg, Cmpxchg, TryCmpxchg];
const BITS: &[Op] = &[Read, Write, Xchg, Cmpxchg, TryCmpxchg, And, Or];
const COUNT: &[Op] = &[
    Read, Write, Xchg, Cmpxchg, TryCmpxchg, And, Or, Add, Sub, Inc, Dec, AddReturn, SubReturn,
    IncReturn, DecReturn,
];

macro_rules! impl_value {
    ($($type:ty, $ty:ident, $ops:ident $apply:ident, |$bits:ident| $from:expr;)*) => {$(
        impl Value for $type {
            const TYPE: Type = Type::$ty;
            const OPS: &'static [Op] = $ops;

            fn from_u64($bits: u64) -> Self {
                $from
            }

            #[allow(clippy::cast_lossless)] // one line for all types
            fn to_u64(self) -> u64 {
                self as u64
            }

            fn apply<F, P>(form: &F, var: &PerCpu<P>, op: Op, a: Self, b: Self) -> Self
            where
                F: Form,
                P: Place<Target = Scalar<Self>>,
            {
                form.$apply(var, op, a, b)
            }
        }
    )*};
}

impl_value! {
    i8, I8, COUNT count, |bits| bits as Self;
    i16, I16, COUNT count, |bits| bits as Self;
    i32, I32, COUNT count, |bits| bits as Self;
    i64, I64, COUNT count, |bits| bits as Self;
    isize, Isize, COUNT count, |bits| bits as Self;
    u8, U8, COUNT count, |bits| bits as Self;
    u16, U16, COUNT count, |bits| bits as Self;
    u32, U32, COUNT count, |bits| bits as Self;
    u64, U64, COUNT count, |bits| bits as Self;
    usize, Usize, COUNT count, |bits| bits as Self;
    bool, Bool, BITS bits, |bits| bits & 1 != 0;
    *mut u8, Pointer, EXCHANGE exchange, |bits| bits as usize as Self;
    *const u64, Pointer, EXCHANGE exchange, |bits| bits as usize as Self;
}

/// An operation on a copy that held `was`.
#[derive(Clone, Copy)]
pub(crate) struct Case<I> {
    pub(crate) op: Op,
    pub(crate) was: I,
    pub(crate) a: I,
    pub(crate) b: I,
}

/// Every operation of a type on all combinations of [`corners`].
pub(crate) fn cases<I: Value>() -> impl Iterator<Item = Case<I>> {
    let all = || corners::<I>().map(I::from_u64).into_iter();
    I::OPS.iter().flat_map(move |&op| {
        let two = matches!(op, Cmpxchg | TryCmpxchg);
        all()
            .flat_map(move |was| all().map(move |a| (was, a)))
            .flat_map(move |(was, a)| {
                all()
                    .take(if two { usize::MAX } else { 1 })
                    .map(move |b| Case { op, was, a, b })
            })
    })
}

/// Both ends of the range, with and without sign, and bits in every byte.
fn corners<I: Value>() -> [u64; 7] {
    let sign = 1 << (8 * size_of::<I>() - 1);
    [
        0,
        1,
        u64::MAX,
        sign,
        sign - 1,
        0x0123_4567_89ab_cdef,
        0x5a5a_5a5a_5a5a_5aa5,
    ]
}

/// What a copy holds after an operation on one that held `was`, and what the operation returns:
/// `a` if C's returns nothing; after `try_cmpxchg`, what is in `old`, or `b` if it is done.
pub(crate) fn expected(op: Op, was: u64, a: u64, b: u64) -> (u64, u64) {
    let sum = match op {
        Add | AddReturn => was.wrapping_add(a),
        Sub | SubReturn => was.wrapping_sub(a),
        Inc | IncReturn => was.wrapping_add(1),
        _ => was.wrapping_sub(1),
    };
    match op {
        Read => (was, was),
        Write => (a, a),
        Xchg => (a, was),
        Cmpxchg if was == a => (b, was),
        TryCmpxchg if was == a => (b, b),
        Cmpxchg | TryCmpxchg => (was, was),
        And => (was & a, a),
        Or => (was | a, a),
        Add | Sub | Inc | Dec => (sum, a),
        AddReturn | SubReturn | IncReturn | DecReturn => (sum, sum),
    }
}
