# SPDX-License-Identifier: GPL-2.0
"""What vm/run makes of a guest: the log, what it hands on, and what it says in the end."""

import fcntl
import importlib.machinery
import importlib.util
import math
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

VM = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(VM))

import report
import terminal
from console import Console

loader = importlib.machinery.SourceFileLoader("run", str(VM / "run"))
sys.dont_write_bytecode = True
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
loader.exec_module(run)

SPLAT = b"[    2.9] WARNING: suspicious RCU usage\n"
UNPACKING = b"[    0.2] Initramfs unpacking failed: write error\n"
MARK = "0123456789abcdef"
SECONDS = 60


class ConsoleTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)

    def console(self):
        file = open(self.scratch / "console.log", "a+b", buffering=0)
        self.addCleanup(file.close)
        return Console(self.scratch / "console.log", file)


class VerdictTest(ConsoleTest):
    def verdict(self, log=b"", status=None, started=True, in_time=True, allow_splat=False):
        """The exit status and what is said besides."""
        console = self.console()
        console.clear()
        console.feed(log)
        with mock.patch.object(report, "note") as note, mock.patch.object(report, "lose_patience") as lose:
            status = run.verdict(SimpleNamespace(allow_splat=allow_splat, timeout=5), console,
                                 SimpleNamespace(status=status, started=started), in_time)
        self.assertEqual(lose.called, not in_time)
        return status, "\n".join(call.args[0] for call in note.call_args_list)

    def fails(self, pattern, **how):
        with self.assertRaisesRegex(report.Failure, f"{pattern}.*; the console log is .*/console.log$"):
            self.verdict(**how)

    def test_the_commands_status_is_ours(self):
        for status in (0, 7, 255):
            self.assertEqual(self.verdict(b"[    0.1] fine\n", status), (status, ""))

    def test_a_report_of_the_kernel_fails_and_is_shown(self):
        for how in (dict(status=0), dict(status=1), dict(in_time=False), dict(started=False)):
            self.fails("the kernel reported a bug or a warning", log=SPLAT, **how)
        status, said = self.verdict(SPLAT, 3, allow_splat=True)
        self.assertEqual(status, 3)
        self.assertIn("| [    2.9] WARNING: suspicious RCU usage", said)

    def test_what_did_not_arrive_fails_whatever_else_is_allowed(self):
        for how in (dict(status=0), dict(status=0, allow_splat=True), dict(in_time=False)):
            self.fails("did not fit into the guest; give it more by --memory", log=UNPACKING + SPLAT, **how)
            self.fails("did not fit into the guest; give it more by --memory", log=UNPACKING, **how)

    def test_a_guest_that_goes_on_fails(self):
        self.fails("the command has ended, and the guest has not", status=0, in_time=False)

    def test_the_time_is_up(self):
        for started, what in ((True, "the command has not ended"), (False, "the guest has not booted")):
            status, said = self.verdict(started=started, in_time=False)
            self.assertEqual(status, run.TIME_IS_UP)
            self.assertIn(f"vm/run: {what} within 5 s; the console log is ", said)

    def test_a_guest_that_ends_too_early_fails(self):
        self.fails("the guest ended before the command did")
        self.fails("the guest ended while it booted", started=False)
        self.fails("the guest ended before the command did", log=SPLAT, allow_splat=True)

    def test_the_last_lines_are_shown_then(self):
        lines = []
        with mock.patch.object(report, "quote", lines.extend), self.assertRaises(report.Failure):
            self.verdict(b"".join(b"line %d\n" % number for number in range(100)))
        self.assertEqual(lines[-1], "line 99")


class ReaderTest(ConsoleTest):
    """Whoever reads our output holds the command up, and not us."""

    def setUp(self):
        super().setUp()
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        before = os.dup(1)
        os.dup2(writing, 1)
        os.close(writing)
        self.reading = open(reading, "rb", buffering=0)
        self.addCleanup(self.reading.close)
        # First of all, so that a test that failed can be heard.
        self.addCleanup(os.close, before)
        self.addCleanup(os.dup2, before, 1)

    def converse(self, script, timeout):
        """A guest that is a shell script, the thread that hands on what it writes, and whether it ended in time."""
        child = subprocess.Popen(["sh", "-c", f"echo {MARK} start; {script}"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, bufsize=0)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        messages, end = os.pipe()
        os.close(end)
        self.addCleanup(os.close, messages)
        done = []
        # Should it hang, the test does not.
        thread = threading.Thread(daemon=True, target=lambda: done.append(run.converse(
            SimpleNamespace(timeout=timeout, interactive=False), child, messages, self.console(),
            terminal.Output(MARK))))
        thread.start()
        return child, thread, done

    def test_the_time_is_up_though_nobody_reads(self):
        start = time.monotonic()
        _, thread, done = self.converse("exec yes", 2)
        thread.join(SECONDS)
        self.assertEqual(done, [False])
        self.assertLess(time.monotonic() - start, SECONDS / 2)

    def test_a_slow_reader_gets_all(self):
        child, thread, done = self.converse(f"seq 100000; echo {MARK} end 0", math.inf)
        with self.assertRaises(subprocess.TimeoutExpired):
            child.wait(1)
        text = b""
        while not text.endswith(b"\n100000\n") and select.select([self.reading], [], [], SECONDS)[0]:
            text += self.reading.read(65536)
        self.assertEqual(text.count(b"\n"), 100000)
        self.assertTrue(text.endswith(b"\n99999\n100000\n"))
        thread.join(SECONDS)
        self.assertEqual(done, [True])

    def test_a_last_word_does_not_wait_for_long(self):
        script = "import report; report.lose_patience(0.1); report.note('x' * 1000000)"
        with subprocess.Popen([sys.executable, "-c", script], cwd=VM, stderr=subprocess.PIPE) as child:
            self.addCleanup(child.kill)
            self.assertEqual(child.wait(SECONDS), 0)


class LogTest(ConsoleTest):
    def test_a_link_is_not_followed(self):
        victim = self.scratch / "victim"
        victim.write_text("precious")
        (self.scratch / "console.log").symlink_to(victim)
        with self.assertRaisesRegex(report.Failure, "symbolic link.*--console"):
            run.open_console(None, self.scratch / "console.log")
        self.assertEqual(victim.read_text(), "precious")

    def test_one_that_another_run_writes_is_left_to_it(self):
        usual = self.scratch / "console.log"
        path, first = run.open_console(None, usual)
        self.addCleanup(first.close)
        self.assertEqual(path, usual)
        first.write(b"first")
        path, second = run.open_console(None, usual)
        self.addCleanup(second.close)
        self.assertEqual(path.name, f"console-{os.getpid()}.log")
        self.assertEqual(usual.read_bytes(), b"first")


if __name__ == "__main__":
    unittest.main()
