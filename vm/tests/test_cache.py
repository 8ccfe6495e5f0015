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
        wait = 'while [ ! -e "$0" ] && [ -e "${0%/*}" ]; do sleep 0.1; done'
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
        for module in (report, cache):
            silence = mock.patch.object(module, "note")
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

    def test_a_tool_that_was_started_too_late_does_not_begin(self):
        """Its run was killed before the kernel could be told that the tool is to die with it."""
        for parent, begun in ((1, False), (os.getpid(), True)):
            with mock.patch("os.getpid", return_value=parent):
                report.start_tool(["touch", self.scratch / "begun"]).wait()
            self.assertEqual((self.scratch / "begun").exists(), begun)

    def test_what_others_left_goes_too_unless_they_live(self):
        child, half = self.slow()
        self.wait_for(half)
        dead = self.place / "other" / ".dead.abc"
        (dead / "tmp").mkdir(parents=True)
        cache.entry("third", "key", self.build)
        self.assertFalse(dead.exists())
        self.assertEqual(len(self.names()), 1)
        self.go.touch()
        child.communicate(timeout=SECONDS)
        self.assertEqual(self.names(), ["key"])


class WholeTest(CacheTest):
    """An entry that has lost something is noticed."""

    def setUp(self):
        super().setUp()
        patch = mock.patch.object(cache, "_whole", {})
        patch.start()
        self.addCleanup(patch.stop)
        self.made = 0

    def build(self, directory):
        self.made += 1
        (directory / "below").mkdir()
        (directory / "below/large").write_text("all of it")
        (directory / "small").write_text("it")

    def again(self):
        """As another process would find it."""
        cache._whole.clear()
        return cache.entry("kind", "key", self.build)

    def test_half_a_file_and_none_are_made_anew(self):
        for harm in (lambda path: path.write_text("half"), Path.unlink):
            entry = self.again()
            made = self.made
            harm(entry / "below/large")
            self.assertEqual((self.again() / "below/large").read_text(), "all of it")
            self.assertEqual(self.made, made + 1)
        self.assertEqual(self.names(), ["key"])

    def test_what_is_whole_stays(self):
        entry = self.again()
        (entry / "more").touch()
        self.again()
        self.assertEqual(self.made, 1)

    def test_one_without_a_manifest_gets_it(self):
        entry = self.again()
        for path in (self.place / "manifest").iterdir():
            path.unlink()
        self.again()
        (entry / "small").unlink()
        self.again()
        self.assertEqual(self.made, 2)

    def test_of_large_entries_the_rest_is_looked_at_after_a_failure(self):
        with mock.patch.object(cache, "LOOKED_AT", 1):
            entry = self.again()
            (entry / "small").unlink()
            self.again()
            self.assertEqual(self.made, 1)
            report.look_further()
            self.assertFalse(entry.exists())
            (self.again() / "below/large").unlink()
            self.again()
        self.assertEqual(self.made, 3)

    def test_it_is_on_the_disk_before_it_has_its_name(self):
        real, seen = subprocess.run, []

        def run(words, **options):
            seen.append((words[0], self.names()))
            return real(words, **options)

        with mock.patch.object(cache.subprocess, "run", run):
            self.again()
        self.assertEqual([words for words, names in seen if "key" not in names], ["find", "sync"])


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

    def test_odd_paths_are_refused(self):
        for character in " :$#%;'&,":
            os.environ["RUST_PERCPU_CACHE"] = str(self.scratch / f"my{character}cache")
            with self.assertRaisesRegex(report.Failure, "kbuild cannot work in"):
                cache.directory()

    def test_that_of_others_is_refused(self):
        cache.directory()
        with mock.patch("os.geteuid", return_value=os.geteuid() + 1), \
                self.assertRaisesRegex(report.Failure, "who could have put.*RUST_PERCPU_CACHE"):
            cache.directory()

    def test_one_that_others_may_write_to_is_refused(self):
        for mode in (0o777, 0o775):
            cache.directory().chmod(mode)
            with self.assertRaisesRegex(report.Failure, "others may write.*chmod -R go-w"):
                cache.directory()
            self.place.chmod(0o755)

    def test_a_commands_umask_is_not_that_of_the_cache(self):
        script = SLOW.replace("report.together(", "(lambda job: job())(")
        self.go.touch()
        for umask in (0o000, 0o077):
            place = self.scratch / f"cache-{umask}"
            subprocess.run([sys.executable, "-c", script, VM, self.scratch / "half", self.go], check=True,
                           umask=umask, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env={**os.environ, "RUST_PERCPU_CACHE": str(place)})
            modes = {path.stat().st_mode & 0o777 for path in [place, *place.rglob("*")] if path.is_dir()}
            self.assertEqual(modes, {0o755})

    def test_no_home_is_said(self):
        for name in ("~nobody-has-this-name/cache", ""):
            with mock.patch.dict(os.environ, RUST_PERCPU_CACHE=name, XDG_CACHE_HOME=""), \
                    mock.patch.object(Path, "expanduser", side_effect=RuntimeError), \
                    self.assertRaisesRegex(report.Failure, "no home directory.*RUST_PERCPU_CACHE"):
                cache.directory()

    def test_one_that_cannot_be_written_to_is_said(self):
        cache.directory()
        with mock.patch("os.access", return_value=False), \
                self.assertRaisesRegex(report.Failure, "cannot be written to.*RUST_PERCPU_CACHE"):
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
