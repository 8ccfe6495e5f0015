# SPDX-License-Identifier: GPL-2.0
"""What percpu.mk makes of a directory of one's own, and which mistakes in its Kbuild it explains."""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
INCLUDE = f"include {CHECKOUT}/percpu/percpu.mk\n"
# What README recommends, with all that panics or is called by address.
SOURCE = """// SPDX-License-Identifier: GPL-2.0

//! A module of one's own.

use core::cell::RefCell;
use kernel::prelude::*;
use percpu::{{
    define_per_cpu,
    irqs_off,
    on_each_cpu,
    Scalar, //
}};

module! {{
    type: Module,
    name: "{name}",
    authors: ["Somebody"],
    description: "A module of one's own",
    license: "GPL",
}}

define_per_cpu! {{
    static HELLOS: Scalar<u64> = Scalar::new(0);
    static LAST: RefCell<[u64; 4]> = RefCell::new([0; 4]);
}}

struct Module;

#[inline(never)]
fn borrow(value: u64) {{
    irqs_off(|irqs| LAST.this_cpu_local(irqs).borrow_mut()[1] = value);
}}

#[inline(never)]
fn all(from: &RefCell<u64>) -> u64 {{
    on_each_cpu(|irqs| LAST.this_cpu_local(irqs).borrow_mut().rotate_left(1));
    *from.borrow_mut()
}}

impl kernel::Module for Module {{
    fn init(_module: &'static ThisModule) -> Result<Self> {{
        HELLOS.this_cpu_inc();
        borrow(HELLOS.sum());
        pr_info!("{{}}\\n", all(&RefCell::new(1)));
        Ok(Self)
    }}
}}
"""


class PercpuMk(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = Path(scratch.name) / "mine"
        self.directory.mkdir()

    def write(self, kbuild, **sources):
        """Write a Kbuild, and a source for each module by the name of its file."""
        (self.directory / "Kbuild").write_text(kbuild, encoding="utf-8")
        for file, name in sources.items():
            (self.directory / f"{file}.rs").write_text(SOURCE.format(name=name), encoding="utf-8")

    def build(self, target="modules"):
        result = subprocess.run(["vm/make", "-s", "--no-print-directory", f"M={self.directory}", target],
                                cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, check=False)
        return result.returncode, result.stdout

    def refused(self, pattern, kbuild, **sources):
        self.write(kbuild, **sources)
        status, said = self.build()
        self.assertNotEqual(status, 0)
        self.assertRegex(said, pattern)
        self.assertNotIn("error[E", said)

    def test_modules_of_a_directory(self):
        """Two modules, each seen by its own name, one of them with -objs; nothing is said."""
        self.write(f"obj-m := first.o second.o\nfirst-y := main.o\nsecond-objs := second_main.o\n{INCLUDE}",
                   main="first", second_main="second")
        self.assertEqual(self.build(), (0, ""))
        for name in ("first", "second"):
            # As the compiler writes `first::…::HELLOS`.
            symbol = rf"_R\w*[a-z_]{len(name)}{name}\w*6HELLOS\0".encode()
            self.assertRegex((self.directory / f"{name}.ko").read_bytes(), symbol)
        # Again, with nothing to do.
        before = (self.directory / "first.ko").stat().st_mtime_ns
        self.assertEqual(self.build(), (0, ""))
        self.assertEqual((self.directory / "first.ko").stat().st_mtime_ns, before)
        # Editors are told of both, by what was built.
        status, said = self.build("rust-analyzer")
        self.assertEqual(status, 0, said)
        project = json.loads((self.directory / "rust-project.json").read_text(encoding="utf-8"))
        crates = project["crates"]
        for file in ("main", "second_main"):
            crate, = (crate for crate in crates if crate["root_module"] == f"{self.directory}/{file}.rs")
            percpu, = (crates[used["crate"]] for used in crate["deps"] if used["name"] == "percpu")
            self.assertEqual(percpu["root_module"], f"{CHECKOUT}/percpu/lib.rs")
            for name in ("PERCPU_ASSUMED", "PERCPU_ABI_BINDINGS"):
                self.assertTrue(Path(percpu["env"][name]).is_relative_to(self.directory))
                self.assertTrue(Path(percpu["env"][name]).exists())
            self.assertIn('percpu_inline="ops"', percpu["cfg"])

    def test_rust_analyzer_before_the_build(self):
        self.write(f"obj-m := mine.o\nmine-y := mine_main.o\n{INCLUDE}", mine_main="mine")
        status, said = self.build("rust-analyzer")
        self.assertNotEqual(status, 0)
        self.assertIn("run make modules first", said)

    def test_module_of_one_file(self):
        self.refused(r"single.o has no parts yet: first say .single-y := single_main.o., with the source in",
                     f"obj-m := single.o\n{INCLUDE}", single="single")

    def test_include_comes_first(self):
        self.refused("there is no module in obj-m yet: first say",
                     f"{INCLUDE}obj-m := mine.o\nmine-y := mine_main.o\n", mine_main="mine")
        self.refused("mine.o has no parts yet: first say",
                     f"obj-m := mine.o\n{INCLUDE}mine-y := mine_main.o\n")
        self.refused("mine.o has no parts yet: first say",
                     f"obj-m := mine.o\n{INCLUDE}mine-objs := mine_main.o\n")


if __name__ == "__main__":
    unittest.main()
