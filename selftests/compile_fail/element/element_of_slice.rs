// SPDX-License-Identifier: GPL-2.0

//! Elements: of arrays alone, whose length the compiler knows.

use percpu::*;

pub fn f(bins: &PerCpu<impl Place<Target = Scalar<u64>>>) {
    //~ E0599
    //@ bins.this_cpu_inc();
    bins.element(0);
}
