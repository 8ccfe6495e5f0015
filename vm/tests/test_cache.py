# SPDX-License-Identifier: GPL-2.0
"""An entry of the cache is there as a whole or not at all."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

VM = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(VM))

import cache
import report

# Makes an entry slowly: half of it, then the file that is named first, and the rest once there is
# the file that is named second.
SLOW = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import cache, report
def build(directory):
    (directory / "half").touch()
    Path(sys.argv[2]).touch()
    with report.step("sleep") as step:
        wait = 'until [ -e "$0" ]; do sleep 0.1; done'
        step.run(["sh", "-c", wait, sys.argv[3]], cache.log("sleep"))
    (directory / "whole").touch()
def main():
    report.together(lambda: print(cache.entry("kind", "key", build)))
report.main(main)
"""
# When something has surely gone wrong, on a busy machine too.
SECONDS = 60


class CacheTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        self.place = self.scratch / "cache"
        self.go = self.scratch / "go"
        patch = mock.patch.dict(os.environ, RUST_PERCPU_CACHE=str(self.place))
        patch.start()
        self.addCleanup(patch.stop)
        silence = mock.patch.object(report._status, "line")
        silence.start()
        self.addCleanup(silence.stop)

    def build(self, directory):
        (directory / "half").touch()
        (directory / "whole").touch()

    def names(self):
        kind = self.place / "kind"
        return sorted(path.name for path in kind.iterdir()) if kind.exists() else []

    def slow(self):
        half = self.scratch / f"half-{time.monotonic_ns()}"
        child = subprocess.Popen([sys.executable, "-c", SLOW, VM, half, self.go],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.wait)
        # It may wait for what a test that failed does not do.
        self.addCleanup(child.kill)
        return child, half

    def wait_for(self, path):
        for _ in range(SECONDS * 20):
            if path.exists():
                return
            time.sleep(0.05)
        self.fail(f"{path} never came")

    def wait_until_waiting(self, child):
        for line in child.stderr:
            if line.startswith("waiting for another run"):
                return
        self.fail("it did not wait")


class EntryTest(CacheTest):
    def test_made_once(self):
        first = cache.entry("kind", "key", self.build)
        second = cache.entry("kind", "key", lambda _: self.fail("made twice"))
        self.assertEqual(first, second)
        self.assertTrue((first / "whole").exists())
        self.assertEqual(self.names(), ["key"])

    def test_failing_builder_leaves_nothing(self):
        def build(directory):
            (directory / "half").touch()
            raise report.Failure("broken download")

        with self.assertRaisesRegex(report.Failure, "broken download"):
            cache.entry("kind", "key", build)
        self.assertEqual(self.names(), [])
        cache.entry("kind", "key", self.build)
        self.assertEqual(self.names(), ["key"])

    def test_full_disk_is_said(self):
        def build(directory):
            raise OSError(errno.ENOSPC, "No space left on device")

        with self.assertRaisesRegex(report.Failure, "disk of .* is full"):
            cache.entry("kind", "key", build)
        self.assertEqual(self.names(), [])

    def test_full_disk_behind_a_failing_tool_is_said(self):
        def build(directory):
            raise report.Failure("tar failed")

        space = [mock.Mock(free=1 << 40), mock.Mock(free=0)]
        with mock.patch("shutil.disk_usage", side_effect=space), \
                self.assertRaisesRegex(report.Failure, "disk of .* is full"):
            cache.entry("kind", "key", build)

    def test_nothing_is_begun_on_a_full_disk(self):
        with mock.patch("shutil.disk_usage", return_value=mock.Mock(free=0)), \
                self.assertRaisesRegex(report.Failure, "disk of .* is full"):
            cache.entry("kind", "key", lambda _: self.fail("begun"))

    def test_tool_failure_names_its_log(self):
        def build(directory):
            with report.step("step") as step:
                step.run(["sh", "-c", "echo broken; exit 3"], cache.log("tool"))

        with self.assertRaisesRegex(report.Failure, "status 3.*tool.log") as caught:
            cache.entry("kind", "key", build)
        self.assertEqual(cache.log("tool").read_text(), "broken\n")
        self.assertEqual(caught.exception.output, "broken\n")


class DeadRunTest(CacheTest):
    def test_killed_run_is_repaired(self):
        child, half = self.slow()
        self.wait_for(half)
        child.kill()
        child.wait()
        self.assertEqual(len(self.names()), 1)
        self.assertTrue(self.names()[0].startswith(".key."))
        cache.entry("kind", "key", self.build)
        self.assertEqual(self.names(), ["key"])

    def test_interrupted_run_ends_its_tools_and_cleans_up(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                child, half = self.slow()
                self.wait_for(half)
                time.sleep(0.3)
                child.send_signal(number)
                self.assertEqual(child.wait(SECONDS), 128 + number)
                self.assertEqual(self.names(), [])


class LockTest(CacheTest):
    def test_second_run_waits_and_shares(self):
        first, half = self.slow()
        self.wait_for(half)
        second, other_half = self.slow()
        self.wait_until_waiting(second)
        self.go.touch()
        out1, _ = first.communicate(timeout=SECONDS)
        out2, _ = second.communicate(timeout=SECONDS)
        self.assertEqual((first.returncode, second.returncode), (0, 0))
        self.assertEqual(out1, out2)
        self.assertFalse(other_half.exists(), "made twice")

    def test_waiting_run_can_be_interrupted(self):
        first, half = self.slow()
        self.wait_for(half)
        second, _ = self.slow()
        self.wait_until_waiting(second)
        second.send_signal(signal.SIGINT)
        self.assertEqual(second.wait(SECONDS), 130)
        first.kill()

    def test_readers_share_and_a_writer_waits(self):
        alone = threading.Event()

        def write():
            with cache.lock("name", "it"):
                alone.set()

        writer = threading.Thread(target=write)
        with cache.lock("name", "it", shared=True), cache.lock("name", "it", shared=True):
            writer.start()
            self.assertFalse(alone.wait(0.5))
        self.assertTrue(alone.wait(SECONDS))
        writer.join()


class PlaceTest(CacheTest):
    def test_foreign_directory_is_refused(self):
        self.place.mkdir()
        (self.place / "thesis.txt").touch()
        with self.assertRaisesRegex(report.Failure, "not a cache"):
            cache.directory()
        with self.assertRaisesRegex(report.Failure, "nothing removed"):
            cache.drop()
        self.assertTrue((self.place / "thesis.txt").exists())

    def test_blank_in_path_is_refused(self):
        os.environ["RUST_PERCPU_CACHE"] = str(self.scratch / "my cache")
        with self.assertRaisesRegex(report.Failure, "kbuild"):
            cache.directory()

    def test_drop(self):
        cache.entry("kind", "key", self.build)
        cache.drop()
        self.assertFalse(self.place.exists())
        cache.drop()


class JsonTest(CacheTest):
    def test_round_trip_and_damage(self):
        path = cache.directory() / "x.json"
        self.assertIsNone(cache.read_json(path))
        cache.write_json(path, {"a": 1})
        self.assertEqual(cache.read_json(path), {"a": 1})
        path.write_text('{"a": ')
        self.assertIsNone(cache.read_json(path))


if __name__ == "__main__":
    unittest.main()
