# SPDX-License-Identifier: GPL-2.0
"""What is done about package lists that are no good."""

import contextlib
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import archive
import report

EXPIRED = "E: Release file for somewhere/InRelease is expired (invalid since 3d 2h)."


class ArchiveTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        (self.root / "etc/apt/apt.conf.d").mkdir(parents=True)
        for patch in (mock.patch.object(archive.Archive, "root", self.root),
                      mock.patch.object(archive.cache, "lock", lambda *_, **__: contextlib.nullcontext()),
                      mock.patch.object(archive.cache, "log", lambda _: Path("/dev/null")),
                      mock.patch.object(archive.cache, "require_space", lambda: None),
                      mock.patch.object(archive.host, "apt_settings", lambda _: []),
                      mock.patch.object(archive.host, "architecture", lambda: "amd64"),
                      mock.patch.object(report, "note")):
            patch.start()
            self.addCleanup(patch.stop)
        self.archive = archive.Archive(("testing",), "amd64")

    def settings(self):
        return (self.root / "etc/apt/apt.conf.d/99mmdebstrap").read_text()

    def test_expired_lists_are_refused(self):
        failure = report.ToolFailure("lists", 100, "log", EXPIRED)
        with mock.patch.object(report.Step, "run", side_effect=failure), \
                self.assertRaisesRegex(report.Failure, "older than they may be.*RUST_PERCPU_EXPIRED_LISTS=1"):
            self.archive.update()
        self.assertNotIn("Valid-Until", self.settings())

    def test_unless_they_are_asked_for(self):
        with mock.patch.object(report.Step, "run"), mock.patch.dict(os.environ, {archive.EXPIRED: "1"}):
            self.archive.update()
        self.assertIn('Acquire::Check-Valid-Until "false";', self.settings())

    def test_other_errors_stay_what_they_are(self):
        failure = report.ToolFailure("lists", 100, "log", "E: The repository is not signed.")
        with mock.patch.object(report.Step, "run", side_effect=failure), \
                self.assertRaises(report.ToolFailure):
            self.archive.update()

    def test_broken_lists_are_fetched_anew_once(self):
        lists = self.root / self.archive._lists
        lists.mkdir(parents=True)
        self.archive._fetched.touch()
        broken = mock.Mock(stdout="", stderr="E: The package lists or status file could not be parsed\n")
        good = mock.Mock(stdout="Package: linux\nVersion: 1\n", stderr="")
        with mock.patch.object(archive.subprocess, "run", side_effect=[broken, good]), \
                mock.patch.object(self.archive, "update") as update:
            self.assertEqual(self.archive.package("linux"), {"Package": "linux", "Version": "1"})
        update.assert_called_once()
        lists.mkdir()
        self.archive._fetched.touch()
        with mock.patch.object(archive.subprocess, "run", return_value=broken), \
                mock.patch.object(self.archive, "update"), \
                self.assertRaisesRegex(report.Failure, "lists of testing-amd64 cannot be read"):
            self.archive.package("linux")

    def test_lists_are_fetched_before_they_are_needed(self):
        """Also where a run was killed amid that: there are some then."""
        (self.root / self.archive._lists / "partial").mkdir(parents=True)
        for use in (lambda: self.archive.fetch("linux", "1", self.root, report.Step("step")),
                    lambda: self.archive.package("linux")):
            with mock.patch.object(self.archive, "update", side_effect=report.Failure("offline")), \
                    self.assertRaisesRegex(report.Failure, "offline"):
                use()
        with mock.patch.object(report.Step, "run"):
            self.archive.update()
        with mock.patch.object(self.archive, "update", side_effect=self.fail), \
                mock.patch.object(report.Step, "run"):
            self.archive.fetch("linux", "1", self.root, report.Step("step"))

    def test_a_package_that_is_not_there_is_no_broken_list(self):
        (self.root / self.archive._lists).mkdir(parents=True)
        self.archive._fetched.touch()
        none = mock.Mock(stdout="", stderr="E: No packages found\n")
        with mock.patch.object(archive.subprocess, "run", return_value=none) as run:
            self.assertIsNone(self.archive.package("no-such"))
        self.assertEqual(run.call_count, 1)


if __name__ == "__main__":
    unittest.main()
