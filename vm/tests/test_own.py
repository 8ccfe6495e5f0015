# SPDX-License-Identifier: GPL-2.0
"""Kernels of our own: their configuration, and what is left of their build."""

import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import own
import report
import targets


class ConfigurationTest(unittest.TestCase):
    def test_a_later_fragment_has_the_last_word(self):
        wanted = own.settings(("base", "x86_64", "up"))
        self.assertEqual((wanted["CONFIG_SMP"], wanted["CONFIG_NR_CPUS"]), ("n", "1"))
        self.assertEqual(own.settings(("base",))["CONFIG_SMP"], "y")

    def test_every_fragment_of_a_target_is_there(self):
        for target in targets.TARGETS.values():
            self.assertIn("CONFIG_RUST", own.settings(target.fragments or ("base",)))

    def test_what_is_lost_is_named(self):
        wanted = {"CONFIG_SMP": "n", "CONFIG_RUST": "y", "CONFIG_NR_CPUS": "4"}
        own.check(wanted, "CONFIG_RUST=y\nCONFIG_NR_CPUS=4\n", "amd64-up")
        for made, lost in (("# CONFIG_RUST is not set\nCONFIG_NR_CPUS=4\n", "CONFIG_RUST=y"),
                           ("CONFIG_RUST=y\nCONFIG_NR_CPUS=8\n", "CONFIG_NR_CPUS=4"),
                           ("CONFIG_SMP=y\nCONFIG_RUST=y\nCONFIG_NR_CPUS=4\n", "CONFIG_SMP=n")):
            with self.assertRaisesRegex(report.Failure, f"amd64-up did not keep {lost};"):
                own.check(wanted, made, "amd64-up")

    def test_one_without_tools_says_so(self):
        # No archive is asked.
        tree = own.OwnTree.__new__(own.OwnTree)
        tree.target = targets.TARGETS["amd64-up"]
        with self.assertRaisesRegex(report.Failure, "amd64-up is built without.*choose amd64-debug"):
            tree.tools_root

    def test_make_and_preflight_are_told_the_compilers(self):
        for name, native, variable in (("s390x", False, "CC=s390x-linux-gnu-gcc-16"), ("riscv64", False, "LLVM=1"),
                                       ("amd64-up", True, None), ("amd64-debug", True, "LLVM=1")):
            tree = own.OwnTree.__new__(own.OwnTree)
            tree.target, tree.native = targets.TARGETS[name], native
            tree.kernel = SimpleNamespace(compiler="gcc-16")
            said = [{word for word in words if word.startswith(("CC=", "LLVM="))}
                    for words in (tree.make, map("=".join, tree.environment.items()))]
            self.assertEqual(said, [{variable} - {None}] * 2)

    def test_an_own_kernel_has_no_release(self):
        with self.assertRaisesRegex(report.Failure, "amd64-debug is an own build"):
            own.tree_for(targets.TARGETS["amd64-debug"], "7.2.11+deb13-amd64")


class SlimTest(unittest.TestCase):
    def test_what_modules_take_stays(self):
        kept = ("vmlinux", "Module.symvers", "scripts/mod/modpost.o", "tools/objtool/objtool-in.o",
                "rust/kernel.o", "include/generated/autoconf.h")
        useless = ("mm/percpu.o", "mm/.percpu.o.cmd", "lib/lib.a")
        with tempfile.TemporaryDirectory() as name:
            for path in (*kept, *useless):
                Path(name, path).parent.mkdir(parents=True, exist_ok=True)
                Path(name, path).touch()
            own.slim(Path(name))
            left = {str(path.relative_to(name)) for path in Path(name).rglob("*") if path.is_file()}
        self.assertEqual(left, set(kept))


if __name__ == "__main__":
    unittest.main()
