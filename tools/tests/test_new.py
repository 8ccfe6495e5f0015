# SPDX-License-Identifier: GPL-2.0
"""What tools/new makes and refuses."""

import subprocess
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent


class New(unittest.TestCase):
    def new(self, *words):
        process = subprocess.run([TOOLS / "new", *words], text=True, check=False,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return process.returncode, process.stdout + process.stderr

    def test_makes_a_module_once(self):
        with tempfile.TemporaryDirectory() as scratch:
            directory = Path(scratch) / "deep" / "er"
            self.assertEqual(self.new(directory, "mine")[0], 0)
            self.assertIn("obj-m := mine.o\n", (directory / "Kbuild").read_text(encoding="utf-8"))
            self.assertIn('name: "mine"', (directory / "mine_main.rs").read_text(encoding="utf-8"))
            status, said = self.new(directory, "other")
            self.assertEqual(status, 1)
            self.assertIn("has a Kbuild", said)

    def test_refuses_what_is_no_name(self):
        for name in ("", "Mine", "1st", "a-b", "a b", "a/b"):
            with tempfile.TemporaryDirectory() as scratch:
                status, said = self.new(scratch, name)
                self.assertEqual(status, 1, name)
                self.assertIn("new: ", said)
                self.assertEqual(list(Path(scratch).iterdir()), [])


if __name__ == "__main__":
    unittest.main()
