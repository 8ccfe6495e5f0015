// SPDX-License-Identifier: GPL-2.0

//! The crate's x86-64 backend, and what it takes from the kernel. Nothing of that is called.

macro_rules! code {
    (this_cpu_offset) => {
        "movq %gs:0, {out}"
    };
}

mod in_c {
    //! C's functions.

    use crate::cpu::CpuId;

    pub(crate) use crate::stand_ins::{
        rust_percpu_preempt_disable as preempt_disable,
        rust_percpu_preempt_enable as preempt_enable, //
    };

    pub(crate) fn raw_smp_processor_id() -> CpuId {
        unreachable!()
    }
}

#[path = "../../percpu/arch/x86_64.rs"]
mod x86_64;
