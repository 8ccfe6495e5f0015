# SPDX-License-Identifier: GPL-2.0
"""What a target has in the matrix, and the table that the matrix leaves behind."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))

from program import load


matrix = load("test-matrix")
import guests   # noqa: E402, which finds the targets then
TABLE = """Before.
<!-- made by tools/test-matrix -->
| target |
|---|
| `amd64` | old |
| `loong64` | old |
<!-- end -->
After.
"""
GCC = "Linux 7.3-amd64, rustc 1.97.1 (8bab26f4f 2026-07-14) (a tarball), x86_64-linux-gnu-gcc-16 (Debian 16.2.0-4) 16.2.0"
CLANG = "Linux 7.2.11-amd64-debug, rustc 1.85.1 (4eb161250 2025-03-15), Debian clang version 19.1.7 (3+b1)"


PRINTED = f"""source linux-source-7.3 7.3~rc7-1
{GCC}
ok one: 3 passed (1.0 s)
not ok two: 1 passed, 1 failed, 1 skipped (1.0 s)
       skipped: a: why
       failed: b
       | what it said
ok three: 1 passed, 1 skipped (1.0 s)
       skipped: c
1543 s of CPU time
5 passed, 1 failed, 2 skipped
"""


class ReadTest(unittest.TestCase):
    def test_what_is_printed_is_read(self):
        self.assertEqual(matrix.read(PRINTED), matrix.Result(
            GCC, "7.3~rc7-1", True, 5, 1, 2, cpu_seconds=1543, failures=[
                ["not ok two: 1 passed, 1 failed, 1 skipped (1.0 s)", "       failed: b", "       | what it said"]]))

    def test_a_kernel_that_is_not_there(self):
        self.assertEqual(matrix.read("vm/kdir: there is no kernel\n0 passed, 0 failed, 1 skipped\n"),
                         matrix.Result(skipped=1, why="there is no kernel"))


class KeepTest(unittest.TestCase):
    def setUp(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(mock.patch.object(matrix, "CHECKOUT", Path(directory)))
        self.path = Path(directory, "docs/kernels.md")
        self.path.parent.mkdir()
        self.path.write_text(TABLE, encoding="utf-8")

    def keep(self, name, **result):
        matrix.keep(name, matrix.Result(**{"package": "7.3~rc7-1", "ended": True, **result}))
        return self.path.read_text(encoding="utf-8").splitlines()

    def test_a_row_comes_where_the_target_is_and_others_stay(self):
        lines = self.keep("amd64-next", kernel=GCC, passed=5, failed=1, skipped=2)
        row = ("| `amd64-next` | experimental | amd64 | 7.3-amd64 (7.3~rc7-1) | rustc 1.97.1, gcc 16.2.0 | "
               f"{matrix.datetime.date.today()} | 5 | 1 | 2 |")
        self.assertEqual(lines, TABLE.replace("| `loong64`", f"{row}\n| `loong64`").splitlines())

    def test_a_row_replaces_that_of_another_run(self):
        self.keep("amd64", kernel=GCC, passed=100000)
        lines = self.keep("amd64", kernel=CLANG, passed=7)
        self.assertEqual(len(lines), len(TABLE.splitlines()))
        self.assertRegex(lines[4], r"^\| `amd64` .* rustc 1\.85\.1, clang 19\.1\.7 .* 7 \| 0 \| 0 \|$")

    def test_what_did_not_end_leaves_the_row(self):
        self.assertEqual(self.keep("amd64", kernel=GCC, ended=False), TABLE.splitlines())


class SelectionTest(unittest.TestCase):
    def test_one_has_all_and_every_backend_is_compared_on_each_source(self):
        parts = guests.in_matrix()
        self.assertEqual([name for name, part in parts.items() if part == guests.ALL], ["amd64"])
        compared = {(target.architecture.debian, target.suites) for name, target in matrix.TARGETS.items()
                    if parts[name] != guests.KERNEL}
        self.assertEqual(compared, {(target.architecture.debian, target.suites)
                                    for target in matrix.TARGETS.values() if target.architecture.has_backend})

    def test_programs_are_compiled_for_each_backend_by_each_compiler(self):
        parts = guests.in_matrix()
        compiled = [(matrix.TARGETS[name].architecture.debian, matrix.TARGETS[name].suites[0])
                    for name, part in parts.items() if part <= guests.COMPILERS]
        self.assertEqual(len(compiled), len(set(compiled)))
        self.assertEqual(set(compiled), {(target.architecture.debian, target.suites[0])
                                         for target in matrix.TARGETS.values() if target.architecture.has_backend})


if __name__ == "__main__":
    unittest.main()
