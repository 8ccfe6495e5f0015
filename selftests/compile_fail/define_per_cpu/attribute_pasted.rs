// SPDX-License-Identifier: GPL-2.0

//! Attributes: an attribute that is put together is looked at as any other.

use kernel::macros::paste;

paste! {
    percpu::define_per_cpu! {
        //~ a per-CPU variable, or a structure of counts
        //@ #[allow(dead_code)]
        #[[<no_ mangle>]]
        pub static COUNT: percpu::Scalar<u64> = percpu::Scalar::new(7);
    }
}
