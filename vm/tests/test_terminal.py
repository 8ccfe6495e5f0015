# SPDX-License-Identifier: GPL-2.0
"""The command's output, cut out of all that comes from the guest."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from terminal import Output

MARK = "0123456789abcdef"
BODY = b"one\ntwo \x00\xff" + MARK[:7].encode() + b"\n0 01 012 no newline at the end"


class OutputTest(unittest.TestCase):
    def feed(self, data, size):
        output = Output(MARK)
        parts = [output.feed(data[at:at + size]) for at in range(0, len(data), size)]
        return output, b"".join(parts)

    def test_any_cutting_gives_the_same(self):
        data = (b"boot noise\n" + f"{MARK} start\n".encode() + BODY
                + f"{MARK} end 42\n".encode() + b"afterwards")
        for size in range(1, len(data) + 1):
            with self.subTest(size):
                output, text = self.feed(data, size)
                self.assertEqual(text, BODY)
                self.assertEqual(output.status, 42)
                self.assertEqual(output.rest(), b"")

    def test_a_terminal_that_adds_carriage_returns(self):
        output, text = self.feed(f"{MARK} start\r\nx\r\n{MARK} end 0\n".encode(), 3)
        self.assertEqual((output.status, text), (0, b"x\r\n"))

    def test_output_is_passed_on_at_once(self):
        output = Output(MARK)
        output.feed(f"{MARK} start\n".encode())
        self.assertEqual(output.feed(b"ok 1 test\n"), b"ok 1 test\n")

    def test_early_end(self):
        output, text = self.feed(f"{MARK} start\nhalf a mark {MARK[:5]}".encode(), 4)
        self.assertEqual(text + output.rest(), f"half a mark {MARK[:5]}".encode())
        self.assertTrue(output.started)
        self.assertIsNone(output.status)

    def test_never_started(self):
        output, text = self.feed(b"boot noise", 4)
        self.assertEqual((output.started, text, output.rest()), (False, b"", b""))


if __name__ == "__main__":
    unittest.main()
