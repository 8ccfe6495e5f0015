// SPDX-License-Identifier: GPL-2.0

//! Every operation, on every type, in every form, in every kind of place, on corner values: the
//! same as plain arithmetic, as C's macro on the same memory, and as C's macro on C's variable.

use crate::{
    c::{
        self,
        Op, //
    },
    check,
    form::{
        Form,
        RawCpu,
        ThisCpu,
        Under, //
    },
    value::{
        cases,
        expected,
        Case,
        Value, //
    },
    Wrong, //
};
use kernel::{
    prelude::*, //
};
use percpu::{
    define_per_cpu,
    field,
    get_cpu,
    irqs_off,
    migrate_disable,
    PerCpu,
    PerCpuBox,
    Pinned,
    Place,
    PossibleCpu,
    Scalar, //
};

/// A field with neighbours of the same size, close enough to be hit by an operation that is too
/// wide, or at the wrong place.
#[repr(C)]
struct Fenced<I: Value> {
    before: Scalar<I>,
    value: Scalar<I>,
    after: Scalar<I>,
}

impl<I: Value> Fenced<I> {
    const fn new(init: I) -> Self {
        Self {
            before: Scalar::new(init),
            value: Scalar::new(init),
            after: Scalar::new(init),
        }
    }
}

/// The matrix of one type, whose zero is given: each kind of place in each form.
macro_rules! of_type {
    ($type:ty, $zero:expr) => {{
        define_per_cpu! {
            static WHOLE: Scalar<$type> = Scalar::new($zero);
            static FENCED: Fenced<$type> = Fenced::new($zero);
        }
        let whole = PerCpuBox::new_with(|_| Scalar::<$type>::new($zero), GFP_KERNEL)?;
        let fenced = PerCpuBox::new_with(|_| Fenced::<$type>::new($zero), GFP_KERNEL)?;

        in_all_forms(&WHOLE, &Unfenced)?;
        in_all_forms(&whole, &Unfenced)?;
        in_all_forms(
            &field!(FENCED, Fenced<$type>, value),
            &Fences(
                field!(FENCED, Fenced<$type>, before),
                field!(FENCED, Fenced<$type>, after),
            ),
        )?;
        in_all_forms(
            &field!(fenced, Fenced<$type>, value),
            &Fences(
                field!(fenced, Fenced<$type>, before),
                field!(fenced, Fenced<$type>, after),
            ),
        )?;
    }};
}

pub(crate) fn test() -> Result<(), Wrong> {
    of_type!(i8, 0);
    of_type!(i16, 0);
    of_type!(i32, 0);
    of_type!(i64, 0);
    of_type!(isize, 0);
    of_type!(u8, 0);
    of_type!(u16, 0);
    of_type!(u32, 0);
    of_type!(u64, 0);
    of_type!(usize, 0);
    of_type!(bool, false);
    of_type!(*mut u8, core::ptr::null_mut());
    of_type!(*const u64, core::ptr::null());
    Ok(())
}

/// What lies around a variable.
pub(crate) trait Around<I> {
    fn set(&self, value: I);
    fn is(&self, value: I) -> bool;
}

/// Nothing that is known.
pub(crate) struct Unfenced;

impl<I> Around<I> for Unfenced {
    fn set(&self, _: I) {}

    fn is(&self, _: I) -> bool {
        true
    }
}

/// The fields before and after.
struct Fences<A: Place, B: Place>(PerCpu<A>, PerCpu<B>);

impl<A, B, I> Around<I> for Fences<A, B>
where
    A: Place<Target = Scalar<I>>,
    B: Place<Target = Scalar<I>>,
    I: Value,
{
    fn set(&self, value: I) {
        self.0.this_cpu_write(value);
        self.1.this_cpu_write(value);
    }

    fn is(&self, value: I) -> bool {
        self.0.this_cpu_read().to_u64() == value.to_u64()
            && self.1.this_cpu_read().to_u64() == value.to_u64()
    }
}

fn in_all_forms<P, I>(var: &PerCpu<P>, around: &dyn Around<I>) -> Result<(), Wrong>
where
    P: Place<Target = Scalar<I>>,
    I: Value,
{
    migrate_disable(|stay| {
        in_form(var, &ThisCpu, around)?;
        in_form(var, &RawCpu, around)?;
        under(var, stay, around)?;
        get_cpu(|cpu| under(var, cpu, around))?;
        irqs_off(|irqs| under(var, irqs, around))
    })
}

/// Any proof, as a type: which one it is makes no other code, but would be compiled again.
struct Any<'a>(&'a dyn Pinned);

// SAFETY: The proof inside is borrowed as long as this exists.
unsafe impl Pinned for Any<'_> {
    fn cpu(&self) -> PossibleCpu {
        self.0.cpu()
    }
}

fn under<P, I>(var: &PerCpu<P>, proof: &dyn Pinned, around: &dyn Around<I>) -> Result<(), Wrong>
where
    P: Place<Target = Scalar<I>>,
    I: Value,
{
    in_form(var, &Under(&Any(proof)), around)
}

/// Every operation in one form. Something must keep the task on its CPU.
pub(crate) fn in_form<P, I, F>(
    var: &PerCpu<P>,
    form: &F,
    around: &dyn Around<I>,
) -> Result<(), Wrong>
where
    P: Place<Target = Scalar<I>>,
    I: Value,
    F: Form,
{
    compare(
        &|op, a, b| I::apply(form, var, op, a, b),
        &|op, a, b| c::op(var, F::C, op, a, b),
        &|op, a, b| c::op_on_own(F::C, op, a, b),
        around,
    )
    .inspect_err(|_| pr_info!("# {:?} on {}\n", F::C, core::any::type_name::<P>()))
}

/// Does an operation with two arguments.
type Apply<'a, I> = &'a dyn Fn(Op, I, I) -> I;

/// Every operation on every corner case, by Rust, and by C on the same and on its own memory.
fn compare<I: Value>(
    rust: Apply<'_, I>,
    c: Apply<'_, I>,
    own: Apply<'_, I>,
    around: &dyn Around<I>,
) -> Result<(), Wrong> {
    // What an operation on `was` leaves behind, as `reader` finds it, and returns.
    let outcome = |writer: Apply<'_, I>, reader: Apply<'_, I>, op, was, a, b| {
        writer(Op::Write, was, was);
        let result = writer(op, a, b);
        (reader(Op::Read, a, a).to_u64(), result.to_u64())
    };
    let cut = |bits| I::from_u64(bits).to_u64();

    for Case { op, was, a, b } in cases::<I>() {
        let (after, result) = expected(op, was.to_u64(), a.to_u64(), b.to_u64());
        let right = (cut(after), cut(result));
        for fence in [0, u64::MAX].map(I::from_u64) {
            around.set(fence);
            let found = [
                outcome(rust, rust, op, was, a, b),
                outcome(rust, c, op, was, a, b),
                outcome(c, rust, op, was, a, b),
                outcome(own, own, op, was, a, b),
            ];
            if found != [right; 4] || !around.is(fence) {
                let [was, a, b] = [was, a, b].map(I::to_u64);
                pr_info!("# {op:?} of {was:x}, {a:x}, {b:x}: left behind and returned\n");
                for (who, (after, result)) in [
                    ("right is", right),
                    ("Rust", found[0]),
                    ("Rust, read by C", found[1]),
                    ("C", found[2]),
                    ("C on its own", found[3]),
                ] {
                    pr_info!("# {who}: {after:x}, {result:x}\n");
                }
            }
            check!(found == [right; 4]);
            check!(around.is(fence));
        }
    }
    Ok(())
}
