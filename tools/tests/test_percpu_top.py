# SPDX-License-Identifier: GPL-2.0
"""percpu-top shows what is there, on a screen and in a pipe."""

import fcntl
import importlib.util
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from program import load

# What moves the cursor of a vt100, or changes how it writes.
MOVE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[()].|.)|[\r\x0f]")
PROGRAM = Path(__file__).resolve().parent.parent / "percpu-top"

top = load("percpu-top")


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class SamplerTest(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.counts = {}
        self.sampler = None

    def look(self, seconds, **counts):
        self.clock.now += seconds
        self.counts = counts
        if self.sampler is None:
            self.sampler = top.Sampler(lambda: self.counts, self.clock)
            return None
        return {row.name: row for row in self.sampler.sample()}

    def test_rates_are_of_the_last_interval(self):
        self.look(0, a={0: 10, 1: 20})
        rows = self.look(2, a={0: 14, 1: 26})
        self.assertEqual(rows["a"].rate, 5)
        self.assertEqual(rows["a"].deltas, {0: 4, 1: 6})
        self.assertEqual(rows["a"].total, 40)
        self.assertEqual(self.look(1, a={0: 14, 1: 26})["a"].rate, 0)

    def test_fastest_first(self):
        self.look(0, slow={0: 1000}, fast={0: 0}, still_b={0: 5}, still_a={0: 5})
        self.look(1, slow={0: 1001}, fast={0: 50}, still_b={0: 5}, still_a={0: 5})
        self.clock.now += 1
        self.counts = {"slow": {0: 1002}, "fast": {0: 99}, "still_b": {0: 5}, "still_a": {0: 5}}
        names = [row.name for row in self.sampler.sample()]
        self.assertEqual(names, ["fast", "slow", "still_a", "still_b"])

    def test_one_that_comes_has_no_rate_yet_and_one_that_goes_is_gone(self):
        self.look(0, a={0: 1})
        rows = self.look(1, b={0: 77})
        self.assertEqual(list(rows), ["b"])
        self.assertEqual((rows["b"].rate, rows["b"].total), (0, 77))

    def test_one_that_went_back_counts_from_zero(self):
        self.look(0, a={0: 90, 1: 5})
        self.sampler.reset()
        rows = self.look(1, a={0: 7, 1: 6})
        self.assertEqual((rows["a"].rate, rows["a"].total), (13, 13))

    def test_reset(self):
        self.look(0, a={0: 90})
        self.sampler.reset()
        rows = self.look(1, a={0: 92})
        self.assertEqual(rows["a"].total, 2)
        self.assertEqual(self.look(1, a={0: 95})["a"].total, 5)


class HeatTest(unittest.TestCase):
    def test_shades(self):
        self.assertEqual(top.heat([0, 1, 50, 75, 100], 10), " ░▒▓█")
        self.assertEqual(top.heat([0, 0], 10), "  ")
        self.assertEqual(top.heat([], 10), "")
        # The smallest of all counts is not nothing.
        self.assertEqual(top.heat([1, 10**18], 10), "░█")

    def test_many_cpus_share_cells(self):
        self.assertEqual(top.heat([1] * 64, 16), "█" * 16)
        self.assertEqual(len(top.heat(range(255), 20)), 20)
        self.assertLessEqual(len(top.heat(range(100), 30)), 30)

    def test_no_line_is_longer_than_the_screen(self):
        row = top.Row("n" * 100, dict.fromkeys(range(255), 2**56), dict.fromkeys(range(255), 1), 1.0)
        for columns in (20, 80, 200):
            for text in top.table([row], columns).splitlines():
                self.assertLessEqual(len(text), columns)


class Counters(unittest.TestCase):
    """Counters that are files."""

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        self.write("static", {0: 5, 1: 6})
        self.write("events/sched:sched_switch", {0: 100, 1: 200})
        (self.directory / "events" / "attach").touch()
        (self.directory / "reset").touch()

    def write(self, name, counts):
        path = self.directory / name
        path.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{cpu} {count}\n" for cpu, count in counts.items())
        # At once, as the kernel's files have it: an empty one is a counter that went back.
        (path / "new").write_text(text, encoding="ascii")
        (path / "new").rename(path / "per_cpu")


class ProgramTest(Counters):
    """The program as it is run."""

    def run_program(self, *words, directory=None):
        words = [sys.executable, PROGRAM, "--directory", directory or self.directory,
                 "--interval", "0.01", *words]
        return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              encoding="utf-8", check=False, timeout=60,
                              env={**os.environ, "PYTHONIOENCODING": "utf-8"})

    def test_once(self):
        result = self.run_program("--once")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = result.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["COUNTER", "TOTAL", "RATE/s", "CPU", "0-1"])
        self.assertEqual([line.split()[:2] for line in lines[1:]],
                         [["sched:sched_switch", "300"], ["static", "11"]])

    def test_json(self):
        result = self.run_program("--once", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        counters = {counter["name"]: counter for counter in json.loads(result.stdout)["counters"]}
        self.assertEqual(counters["static"]["total"], 11)
        self.assertEqual([cpu["count"] for cpu in counters["sched:sched_switch"]["per_cpu"]],
                         [100, 200])

    def test_into_a_pipe_that_closes(self):
        words = f"'{sys.executable}' '{PROGRAM}' --directory '{self.directory}' --interval 0.01"
        result = subprocess.run(["sh", "-c", f"{words} --json | head -n 2"], text=True, check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(len(result.stdout.splitlines()), 2)
        self.assertEqual(result.stderr, "")

    def test_says_what_is_missing(self):
        result = self.run_program("--once", directory=self.directory / "nothing")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"^percpu-top: there is no .*: load the module .*\n$")

    @unittest.skipIf(os.geteuid() == 0 and not shutil.which("setpriv"), "root without setpriv")
    def test_says_who_may(self):
        closed = self.directory / "closed"
        closed.mkdir(mode=0)
        self.addCleanup(closed.chmod, 0o700)
        words = [sys.executable, PROGRAM, "--once", "--directory", closed / "rust_percpu"]
        if os.geteuid() == 0:
            # What nobody may read the program from is no matter: it comes by stdin.
            self.directory.chmod(0o755)
            words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                     shutil.which("python3", path="/usr/bin:/bin") or sys.executable, "-",
                     *words[2:]]
        with open(PROGRAM, encoding="utf-8") as program:
            result = subprocess.run(words, stdin=program if os.geteuid() == 0 else None, text=True,
                                    stderr=subprocess.PIPE, check=False, cwd="/")
        self.assertRegex(result.stderr, r"^percpu-top: only root may read .*sudo\n$")
        self.assertEqual(result.returncode, 1)

    def test_bad_interval(self):
        for interval in ("0", "-1", "x", "nan", "inf"):
            result = self.run_program("--once", "--interval", interval)
            self.assertEqual(result.returncode, 2, interval)


@unittest.skipUnless(importlib.util.find_spec("curses"), "this Python has no curses module")
class ScreenTest(Counters):
    """The program on a terminal of 80 columns."""

    def setUp(self):
        super().setUp()
        self.master, terminal = pty.openpty()
        self.addCleanup(os.close, self.master)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.child = subprocess.Popen(
            [sys.executable, PROGRAM, "--directory", self.directory, "--interval", "0.1"],
            stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
            env={**os.environ, "TERM": "vt100", "LC_ALL": "C.UTF-8"})
        os.close(terminal)
        self.addCleanup(self.end)
        self.seen = ""

    def end(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()

    def wait_for(self, pattern):
        """Reads until what was drawn since the last call has the pattern, moves being blanks."""
        deadline = time.monotonic() + 30
        while not re.search(pattern, MOVE.sub(" ", self.seen)):
            self.assertLess(time.monotonic(), deadline, f"no {pattern!r} in {self.seen!r}")
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536).decode("utf-8", "replace")
        self.seen = ""

    def key(self, key):
        os.write(self.master, key.encode())

    def test_shows_and_quits(self):
        self.wait_for(r"percpu-top  2 counters(?s:.*)sched:sched_switch +300 (?s:.*)static +11 ")
        self.key("q")
        self.assertEqual(self.child.wait(30), 0)

    def test_pauses_and_goes_on(self):
        self.wait_for("static +11 ")
        self.key("p")
        self.wait_for("paused")
        self.write("static", {0: 5, 1: 1000})
        time.sleep(0.5)
        self.key("p")
        self.wait_for("every")
        self.wait_for("1005")

    def test_resets(self):
        self.wait_for("sched:sched_switch +300 ")
        # What a reset draws is too little to wait for.
        self.key("rp")
        self.wait_for("paused")
        self.write("static", {0: 5, 1: 12345 + 6})
        self.key("p")
        self.wait_for("12345")

    def test_counters_come(self):
        self.wait_for("2 counters(?s:.*)static")
        self.write("events/irq:irq_handler_entry", {0: 4242, 1: 0})
        self.wait_for("irq:irq_handler_entry +4242")


if __name__ == "__main__":
    unittest.main()
