# SPDX-License-Identifier: GPL-2.0
"""tools/preflight on small false build directories: each check is seen to fail."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PREFLIGHT = Path(__file__).resolve().parents[2] / "tools" / "preflight"

RUSTC = "rustc 1.85.1 (4eb161250 2025-03-15)"
GCC = "x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0"
CLANG = "Debian clang version 19.1.7 (3)"
SYMBOL = "_RNvNtCs1_6kernel5print"


class PreflightTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        self.kdir = self.scratch / "kdir"
        self.bin = self.scratch / "bin"
        self.environment = {"PATH": f"{self.bin}:{os.path.dirname(sys.executable)}:/usr/bin:/bin"}
        self.tool("rustc", RUSTC)
        self.tool("gcc", "gcc (Debian 14.2.0-19) 14.2.0")
        self.tool("bindgen", "bindgen 0.71.1")
        self.write("Makefile", "")
        self.config(CONFIG_RUST="y", CONFIG_RUSTC_VERSION_TEXT=f'"{RUSTC}"',
                    CONFIG_CC_VERSION_TEXT=f'"{GCC}"')
        for name in ("libcore.rmeta", "libbindings.rmeta", "libkernel.rmeta", "libmacros.so"):
            self.write(f"rust/{name}", "")
        self.exports(SYMBOL, "rust_fmt_argument")
        self.symvers(SYMBOL, "rust_fmt_argument", "printk", "rust_irrelevant")

    def write(self, name, text):
        path = self.kdir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def config(self, **values):
        self.write(".config", "".join(f"{key}={value}\n" for key, value in values.items()))

    def exports(self, *names):
        self.write("rust/exports_kernel_generated.h",
                   "".join(f"EXPORT_SYMBOL_RUST_GPL({name});\n" for name in names))

    def symvers(self, *names):
        self.write("Module.symvers", "".join(
            f"0x00000000\t{name}\tvmlinux\tEXPORT_SYMBOL_GPL\t\n" for name in names))

    def tool(self, name, version):
        self.bin.mkdir(exist_ok=True)
        path = self.bin / name
        path.write_text(f"#!/bin/sh\necho '{version}'\n")
        path.chmod(0o755)

    def run_it(self, **environment):
        return subprocess.run([sys.executable, PREFLIGHT, self.kdir], text=True,
                              capture_output=True, env={**self.environment, **environment})

    def assert_fit(self, **environment):
        result = self.run_it(**environment)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def assert_unfit(self, pattern, **environment):
        result = self.run_it(**environment)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, pattern)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("preflight: "))

    def test_all_is_well(self):
        self.assert_fit()

    def test_no_directory(self):
        self.kdir = self.scratch / "nowhere"
        self.assert_unfit("is not there; install .* or prepare one with `make kdir`")

    def test_an_old_kernel(self):
        self.write("include/config/kernel.release", "7.2.0-arm64\n")
        self.assert_fit()
        for release in ("7.1.12-amd64", "6.18.44"):
            self.write("include/config/kernel.release", f"{release}\n")
            self.assert_unfit(f"is of Linux {release}, and the crate is for 7.2 and later; prepare one")

    def test_not_a_build_directory(self):
        (self.kdir / "Makefile").unlink()
        self.assert_unfit("not a kernel build directory.*make kdir")

    def test_not_configured(self):
        (self.kdir / ".config").unlink()
        self.assert_unfit("not a kernel build directory.*make kdir")

    def test_kernel_without_rust(self):
        self.config(CONFIG_RUSTC_VERSION_TEXT=f'"{RUSTC}"')
        self.assert_unfit("without Rust")

    def test_headers_package(self):
        for path in (self.kdir / "rust").iterdir():
            path.unlink()
        self.assert_unfit("no Rust metadata.*make kdir.*make KDIR=")

    def test_other_rustc(self):
        self.tool("rustc", "rustc 1.95.0")
        self.assert_unfit('"rustc 1.95.0" but the kernel was built with "rustc 1.85.1.*RUSTC=')

    def test_named_rustc(self):
        self.tool("rustc", "rustc 1.95.0")
        self.tool("rustc-1.85", RUSTC)
        self.assert_fit(RUSTC="rustc-1.85")

    def test_no_rustc(self):
        self.assert_unfit("no-such-rustc is not there; install", RUSTC="no-such-rustc")

    def test_other_gcc(self):
        self.tool("gcc", "gcc (Debian 12.2.0-14) 12.2.0")
        self.assert_unfit("gcc is .*12.2.0.* but .*14.2.0.*CC=")

    def test_named_gcc(self):
        self.tool("gcc", "gcc (Debian 12.2.0-14) 12.2.0")
        self.tool("gcc-14", "gcc-14 (Debian 14.2.0-19) 14.2.0")
        self.assert_fit(CC="gcc-14")
        self.assert_fit(CC="env gcc-14")

    def test_no_compiler(self):
        self.assert_unfit("compiler no-such-gcc is not there", CC="no-such-gcc")

    def test_compiler_of_kernelvariables(self):
        self.tool("gcc", "gcc (Debian 12.2.0-14) 12.2.0")
        self.tool("x86_64-linux-gnu-gcc-14", GCC)
        self.write(".kernelvariables",
                   "override ARCH = x86\n"
                   "CC = $(if $(DEBIAN_KERNEL_USE_CCACHE),$(CCACHE)) $(CROSS_COMPILE)gcc-14\n"
                   "override CROSS_COMPILE = x86_64-linux-gnu-\n")
        self.assert_fit()

    def test_clang_kernel(self):
        self.config(CONFIG_RUST="y", CONFIG_RUSTC_VERSION_TEXT=f'"{RUSTC}"',
                    CONFIG_CC_VERSION_TEXT=f'"{CLANG}"')
        self.assert_unfit("gcc is .* but the kernel was built with .*clang.*LLVM=1")
        self.tool("clang", CLANG)
        self.assert_fit(LLVM="1")
        self.tool("clang", "Debian clang version 14.0.6")
        self.tool("clang-19", CLANG)
        self.assert_unfit("clang is .*14.0.6", LLVM="1")
        self.assert_fit(LLVM="-19")
        self.assert_unfit("clang is not there", LLVM=f"{self.scratch}/")

    def test_no_bindgen(self):
        self.assert_unfit("no-such-bindgen is not there.*install it .*vm/make", BINDGEN="no-such-bindgen")

    def test_no_libclang(self):
        path = self.bin / "bindgen"
        path.write_text("#!/bin/sh\n[ \"$1\" != --version ] || exec echo bindgen 0.71.1\n"
                        "echo thread main panicked:>&2\n"
                        "echo Unable to find libclang: set LIBCLANG_PATH>&2\nexit 101\n")
        self.assert_unfit("bindgen cannot read C .Unable to find libclang.*install libclang.*vm/make")

    def test_no_symvers(self):
        (self.kdir / "Module.symvers").unlink()
        self.assert_unfit("no Module.symvers")

    def test_symbol_that_the_kernel_lacks(self):
        self.exports(SYMBOL, "rust_fmt_argument", "_RNew")
        self.assert_unfit("^preflight: 1 Rust symbols .* differ")

    def test_symbol_that_was_not_made(self):
        self.exports("rust_fmt_argument")
        self.assert_unfit("^preflight: 1 Rust symbols .* differ")

    def test_other_hashes(self):
        self.exports("_RNvNtCs2_6kernel5print")
        self.assert_unfit("^preflight: 2 Rust symbols .* differ")

    def test_usage(self):
        result = subprocess.run([sys.executable, PREFLIGHT], text=True, capture_output=True)
        self.assertEqual((result.returncode, result.stderr), (1, "usage: preflight KDIR\n"))


if __name__ == "__main__":
    unittest.main()
