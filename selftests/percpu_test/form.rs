// SPDX-License-Identifier: GPL-2.0

//! The forms of the operations: `this_cpu_*`, `__this_cpu_*` under any guard, and `raw_cpu_*`.

use crate::c::{
    self,
    Op, //
};
use kernel::macros::paste;
use percpu::{
    Bits,
    Integer,
    PerCpu,
    Pinned,
    Place,
    Scalar,
    ScalarType, //
};

/// Does any operation in one form; the result is as in [`expected`](crate::value::expected).
pub(crate) trait Form {
    /// What it is to C.
    const C: c::Form;

    fn exchange<P, I>(&self, var: &PerCpu<P>, op: Op, a: I, b: I) -> I
    where
        P: Place<Target = Scalar<I>>,
        I: ScalarType;

    fn bits<P, I>(&self, var: &PerCpu<P>, op: Op, a: I, b: I) -> I
    where
        P: Place<Target = Scalar<I>>,
        I: Bits;

    fn count<P, I>(&self, var: &PerCpu<P>, op: Op, a: I, b: I) -> I
    where
        P: Place<Target = Scalar<I>>,
        I: Integer + Bits;
}

pub(crate) struct ThisCpu;
pub(crate) struct Under<'a, G>(pub(crate) &'a G);
pub(crate) struct RawCpu;

macro_rules! impl_form {
    ($([$($generics:tt)*] $form:ty, $c:ident, $prefix:ident, $self:ident, ($($guard:tt)*);)*) => {$(
        paste! {
            impl $($generics)* Form for $form {
                const C: c::Form = c::Form::$c;

                fn exchange<P, I>(&$self, var: &PerCpu<P>, op: Op, mut a: I, b: I) -> I
                where
                    P: Place<Target = Scalar<I>>,
                    I: ScalarType,
                {
                    match op {
                        Op::Read => var.[<$prefix _read>]($($guard)*),
                        Op::Write => {
                            var.[<$prefix _write>]($($guard)* a);
                            a
                        }
                        Op::Xchg => var.[<$prefix _xchg>]($($guard)* a),
                        Op::Cmpxchg => var.[<$prefix _cmpxchg>]($($guard)* a, b),
                        _ => {
                            let done = var.[<$prefix _try_cmpxchg>]($($guard)* &mut a, b);
                            if done { b } else { a }
                        }
                    }
                }

                fn bits<P, I>(&$self, var: &PerCpu<P>, op: Op, a: I, b: I) -> I
                where
                    P: Place<Target = Scalar<I>>,
                    I: Bits,
                {
                    match op {
                        Op::And => var.[<$prefix _and>]($($guard)* a),
                        Op::Or => var.[<$prefix _or>]($($guard)* a),
                        _ => return $self.exchange(var, op, a, b),
                    }
                    a
                }

                fn count<P, I>(&$self, var: &PerCpu<P>, op: Op, a: I, b: I) -> I
                where
                    P: Place<Target = Scalar<I>>,
                    I: Integer + Bits,
                {
                    match op {
                        Op::AddReturn => return var.[<$prefix _add_return>]($($guard)* a),
                        Op::SubReturn => return var.[<$prefix _sub_return>]($($guard)* a),
                        Op::IncReturn => return var.[<$prefix _inc_return>]($($guard)*),
                        Op::DecReturn => return var.[<$prefix _dec_return>]($($guard)*),
                        Op::Add => var.[<$prefix _add>]($($guard)* a),
                        Op::Sub => var.[<$prefix _sub>]($($guard)* a),
                        Op::Inc => var.[<$prefix _inc>]($($guard)*),
                        Op::Dec => var.[<$prefix _dec>]($($guard)*),
                        _ => return $self.bits(var, op, a, b),
                    }
                    a
                }
            }
        }
    )*};
}

impl_form! {
    [] ThisCpu, This, this_cpu, self, ();
    [<G: Pinned>] Under<'_, G>, Pinned, __this_cpu, self, (self.0,);
    [] RawCpu, Raw, raw_cpu, self, ();
}
