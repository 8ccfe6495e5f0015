// SPDX-License-Identifier: GPL-2.0

//! What the crate's files take from the kernel. Nothing here is called, but for the variables'
//! sake.

#![allow(clippy::missing_safety_doc)] // as in the kernel

pub mod bindings {
    //! Variables of the kernel.

    pub static __per_cpu_offset: [usize; 1] = [0];
}

pub mod cpu {
    pub struct CpuId(u32);

    impl CpuId {
        pub fn as_u32(&self) -> u32 {
            self.0
        }
    }
}

pub mod error {
    pub type Result<T> = core::result::Result<T, i32>;
}

pub mod prelude {
    pub use crate::error::Result;
    pub const ENOTSUPP: i32 = 524;
}

pub unsafe trait Zeroable {}

pub unsafe fn rust_percpu_preempt_disable() {
    unreachable!()
}

pub unsafe fn rust_percpu_preempt_enable() {
    unreachable!()
}

pub unsafe fn rust_percpu_has_cmpxchg128() -> bool {
    unreachable!()
}
