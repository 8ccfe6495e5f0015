# SPDX-License-Identifier: GPL-2.0
"""Which kernel is taken from what an archive has."""

import dataclasses
import os
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import kernel
import report
import targets

TARGET = targets.TARGETS["amd64"]


class FakeArchive:
    """An archive with the given {release: version} and {series: versions of the source}."""

    suites = ("stable", "stable-backports")
    architecture = "amd64"

    def __init__(self, headers, sources):
        self.headers = headers
        self.sources = sources
        self.broken = False
        self.updates = 0

    def update(self):
        self.updates += 1
        if self.broken:
            raise report.Failure("offline")

    def packages(self, pattern):
        return [f"linux-image-{release}" for release in self.headers]

    def package(self, name, version=None):
        kind, _, rest = name.removeprefix("linux-").partition("-")
        known = {"headers": self.headers, "source": self.sources}.get(kind, {})
        if rest not in known or version and version not in known[rest]:
            return None
        return {"Package": name, "Version": version or known[rest],
                "Depends": "gcc-14-for-host, linux-base"}


class FindTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        for patch in (mock.patch.dict(os.environ, RUST_PERCPU_CACHE=scratch.name),
                      mock.patch.object(kernel, "_has_rust", self.has_rust),
                      mock.patch.object(kernel, "note")):
            self.lines = patch.start()
            self.addCleanup(patch.stop)
        self.without_rust = set()

    def has_rust(self, archive, found):
        return found.release not in self.without_rust

    def archive(self, *releases, sources=None):
        headers = {release: f"{release.partition('+')[0]}-1" for release in releases}
        if sources is None:
            sources = {}
            for release, version in headers.items():
                sources.setdefault(".".join(release.split(".")[:2]), []).append(version)
        return FakeArchive(headers, sources)

    def find(self, archive, release=None, update=False, **changes):
        target = dataclasses.replace(TARGET, **changes)
        return kernel.find(target, archive, release, update).release

    def test_newest_by_number(self):
        archive = self.archive("7.9.1+deb13-amd64", "7.10.2+deb13-amd64", "6.12.30+deb13-amd64")
        self.assertEqual(self.find(archive), "7.10.2+deb13-amd64")

    def test_source_of_the_same_version_is_needed(self):
        archive = self.archive("7.3.4+deb13-amd64", "7.3.1+deb13-amd64", "7.2.9+deb13-amd64",
                               sources={"7.3": ["7.3.3-1"], "7.2": ["7.2.9-1"]})
        self.assertEqual(self.find(archive), "7.2.9+deb13-amd64")

    def test_rust_is_needed(self):
        self.without_rust = {"7.3.4+deb13-amd64"}
        archive = self.archive("7.3.4+deb13-amd64", "7.2.9+deb13-amd64")
        self.assertEqual(self.find(archive), "7.2.9+deb13-amd64")

    def test_older(self):
        archive = self.archive("7.3.4+deb13-amd64", "7.3.1+deb13-amd64", "7.2.9+deb13-amd64")
        self.assertEqual(self.find(archive, older=1), "7.3.1+deb13-amd64")
        self.assertEqual(self.find(archive, older=2, update=True), "7.2.9+deb13-amd64")

    def test_compiler_of_the_headers(self):
        found = kernel.find(TARGET, self.archive("7.3.4+deb13-amd64"))
        self.assertEqual((found.compiler, found.source), ("gcc-14", "linux-source-7.3"))

    def test_none(self):
        with self.assertRaisesRegex(report.Failure, "have no kernel .*another --target"):
            self.find(self.archive())
        with self.assertRaisesRegex(report.Failure, "have no kernel 6.1-x .*leave --kernel away"):
            self.find(self.archive("7.3.4+deb13-amd64"), "6.1-x")

    def test_certain_release(self):
        archive = self.archive("7.3.4+deb13-amd64", "7.2.9+deb13-amd64")
        self.assertEqual(self.find(archive, "7.2.9+deb13-amd64"), "7.2.9+deb13-amd64")
        self.assertEqual(self.find(archive), "7.3.4+deb13-amd64")

    def test_answer_is_remembered_for_a_week(self):
        archive = self.archive("7.3.4+deb13-amd64")
        self.find(archive)
        newer = self.archive("7.3.4+deb13-amd64", "7.4.1+deb13-amd64")
        self.assertEqual(self.find(newer), "7.3.4+deb13-amd64")
        self.assertEqual(newer.updates, 0)
        self.assertEqual(self.find(newer, update=True), "7.4.1+deb13-amd64")
        newest = self.archive("7.5.1+deb13-amd64")
        later = time.time() + 8 * 24 * 3600
        with mock.patch("time.time", return_value=later):
            self.assertEqual(self.find(newest), "7.5.1+deb13-amd64")

    def test_offline_goes_on_with_what_is_known(self):
        archive = self.archive("7.3.4+deb13-amd64")
        archive.broken = True
        with self.assertRaisesRegex(report.Failure, "offline"):
            self.find(archive)
        archive.broken = False
        self.find(archive)
        archive.broken = True
        self.assertEqual(self.find(archive, update=True), "7.3.4+deb13-amd64")
        self.assertIn("going on with 7.3.4", str(self.lines.call_args_list))


if __name__ == "__main__":
    unittest.main()
