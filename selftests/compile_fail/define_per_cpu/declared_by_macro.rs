// SPDX-License-Identifier: GPL-2.0

//! `unsafe`: a macro of the user's that makes the promise is refused as the user would be.

use percpu::*;

macro_rules! declared {
    ($name:ident) => {
        //~ unsafe_code
        //@ define_per_cpu! { pub static $name: Scalar<u32> = Scalar::new(0); }
        declare_per_cpu! { pub static $name: Scalar<u32> = unsafe { Declared::new() }; }
    };
}

declared!(cpu_number);
