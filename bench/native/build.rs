// SPDX-License-Identifier: GPL-2.0

//! The kernel configuration that the included files ask for.

fn main() {
    for option in ["CONFIG_64BIT", "CONFIG_SMP", "CONFIG_X86_64"] {
        println!("cargo:rustc-cfg={option}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
