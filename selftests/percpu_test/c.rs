// SPDX-License-Identifier: GPL-2.0

//! What the tests have done in C: the other side of `c.h`.

use crate::value::Value;
use core::ptr;
use kernel::prelude::*;
use percpu::{
    PerCpu,
    Place,
    Scalar, //
};

/// The types of the operations, as `enum c_type`.
#[repr(u32)]
#[derive(Clone, Copy)]
pub(crate) enum Type {
    I8,
    I16,
    I32,
    I64,
    Isize,
    U8,
    U16,
    U32,
    U64,
    Usize,
    Bool,
    Pointer,
}

/// The forms of an operation, as `enum c_form`.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// `this_cpu_*`
    This,
    /// `__this_cpu_*`
    Pinned,
    /// `raw_cpu_*`
    Raw,
}

/// The operations, as `enum c_op`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Op {
    Read,
    Write,
    Xchg,
    Cmpxchg,
    TryCmpxchg,
    And,
    Or,
    Add,
    Sub,
    Inc,
    Dec,
    AddReturn,
    SubReturn,
    IncReturn,
    DecReturn,
}

unsafe extern "C" {
    fn percpu_test_op(ty: Type, form: Form, op: Op, p: *mut c_void, a: u64, b: u64) -> u64;
}

/// Does an operation by the macro of C to this CPU's copy of a variable of Rust.
pub(crate) fn op<P, I>(var: &PerCpu<P>, form: Form, op: Op, a: I, b: I) -> I
where
    P: Place<Target = Scalar<I>>,
    I: Value,
{
    // SAFETY: `var` keeps the copies alive, and each is an `I`. The macro changes it by the same
    // means as the crate: instructions on this CPU, which the compiler sees on neither side.
    I::from_u64(unsafe {
        percpu_test_op(
            I::TYPE,
            form,
            op,
            var.as_ptr().cast(),
            a.to_u64(),
            b.to_u64(),
        )
    })
}

/// Does an operation by the macro of C to this CPU's copy of C's own variable of the type.
pub(crate) fn op_on_own<I: Value>(form: Form, op: Op, a: I, b: I) -> I {
    // SAFETY: Null stands for the variable that nothing but `percpu_test_op` uses.
    I::from_u64(unsafe {
        percpu_test_op(I::TYPE, form, op, ptr::null_mut(), a.to_u64(), b.to_u64())
    })
}
