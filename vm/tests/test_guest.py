# SPDX-License-Identifier: GPL-2.0
"""The initramfs is one that cpio, and so the kernel, unpacks to the same files."""

import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import guest
import targets
from own import tree_for
from report import Failure


@functools.cache
def packer():
    """The build root's busybox."""
    return tree_for(targets.TARGETS["amd64"]).root / "usr/bin/busybox"


def unpack(data):
    """A reader of the newc format of its own: {name: (mode, contents, inode)}."""
    entries, at = {}, 0
    while True:
        assert data[at:at + 6] == b"070701", at
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        name_at = at + 110
        name = data[name_at:name_at + fields[11] - 1].decode()
        data_at = -(-(name_at + fields[11]) // 4) * 4
        contents = data[data_at:data_at + fields[6]]
        at = -(-(data_at + fields[6]) // 4) * 4
        if name == "TRAILER!!!":
            return entries
        assert name not in entries, name
        entries[name] = (fields[1], contents, fields[0])


class GuestTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        (self.scratch / "busybox").write_bytes(b"ELF")
        (self.scratch / "busybox").chmod(0o755)
        tests = self.scratch / "tests"
        tests.mkdir()
        (tests / "run.sh").write_text("#!/bin/sh\n")
        (tests / "run.sh").chmod(0o755)
        (tests / "data").write_bytes(b"12345")
        (tests / "link").symlink_to("data")
        (tests / "empty").mkdir()

    def write(self, command=("true",), files=None, modules=None):
        with tempfile.TemporaryFile() as file:
            guest.write_initramfs(file, packer(), self.scratch / "busybox", {"MARK": "m", "TERM": "a b"},
                                  command, files or {}, modules)
            file.seek(0)
            return file.read()

    def test_contents(self):
        entries = unpack(self.write(files=guest.collect([self.scratch / "tests"])))
        self.assertEqual(entries["bin/busybox"][:2], (0o100755, b"ELF"))
        self.assertEqual(entries["root/tests/run.sh"][:2], (0o100755, b"#!/bin/sh\n"))
        self.assertEqual(entries["root/tests/data"][:2], (0o100644, b"12345"))
        self.assertEqual(entries["root/tests/link"][:2], (0o100644, b"12345"))
        self.assertEqual(entries["root/tests/empty"][0], 0o040755)
        self.assertEqual(entries["guest/settings"][1], b"MARK=m\nTERM='a b'\n")
        self.assertNotIn("guest/modules", entries)
        self.assertTrue(entries["init"][1].startswith(b"#!/bin/busybox sh\n"))

    def test_a_file_that_shrinks_fails(self):
        files = guest.collect([self.scratch / "tests"])
        # Larger than what can be read of it, as if it had shrunk.
        files["attribute"] = Path("/sys/devices/system/cpu/online")
        with self.assertRaisesRegex(Failure, "could not be packed: .*short read"):
            self.write(files=files)

    def test_parents_come_first(self):
        seen = set()
        for name in unpack(self.write(files=guest.collect([self.scratch / "tests"]))):
            parent = os.path.dirname(name)
            self.assertTrue(not parent or parent in seen, name)
            seen.add(name)

    def test_command_keeps_its_words(self):
        entries = unpack(self.write(["echo", "a  b", "$HOME", "it's", ""]))
        script = entries["guest/command"][1].decode().replace("cd /root\n", "")
        result = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
        self.assertEqual(result.stdout, "a  b $HOME it's \n")

    def test_modules(self):
        module = self.scratch / "00-9p.ko"
        module.write_bytes(b"module")
        entries = unpack(self.write(modules=[module]))
        self.assertEqual(entries["guest/modules/00-9p.ko"][1], b"module")
        # The kernel may have built in what it takes.
        self.assertIn("guest/modules", unpack(self.write(modules=())))

    @unittest.skipUnless(shutil.which("cpio"), "this host has no cpio")
    def test_cpio_agrees(self):
        out = self.scratch / "out"
        out.mkdir()
        subprocess.run(["cpio", "-id", "--quiet"], input=self.write(
            files=guest.collect([self.scratch / "tests"])), cwd=out, check=True)
        self.assertEqual((out / "root/tests/data").read_bytes(), b"12345")
        self.assertTrue(os.access(out / "root/tests/run.sh", os.X_OK))

    def test_init_is_a_shell_script(self):
        subprocess.run(["sh", "-n", guest.INIT], check=True)


class CollectTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        self.tree = self.scratch / "tree"
        (self.tree / "below").mkdir(parents=True)
        (self.tree / "file").write_text("file")
        (self.scratch / "outside").write_text("outside")

    def collect(self, *names):
        found = guest.collect([self.scratch / name for name in names])
        return {name: "directory" if path.is_dir() else path.read_text() for name, path in found.items()}

    def refused(self, why, *paths):
        with self.assertRaisesRegex(Failure, why):
            guest.collect([self.scratch / path for path in paths])

    def test_a_named_link_is_what_it_leads_to(self):
        (self.scratch / "link").symlink_to("outside")
        (self.scratch / "to-tree").symlink_to("tree")
        self.assertEqual(self.collect("link"), {"link": "outside"})
        self.assertEqual(self.collect("to-tree"), {"to-tree": "directory", "to-tree/below": "directory",
                                                   "to-tree/file": "file"})

    def test_links_are_followed(self):
        (self.tree / "below/in").symlink_to("../file")
        (self.tree / "below/out").symlink_to(self.scratch / "outside")
        found = self.collect("tree")
        self.assertEqual([found[f"tree/below/{name}"] for name in ("in", "out")], ["file", "outside"])

    def test_what_cannot_arrive_is_refused(self):
        self.refused("does not exist", "nothing")
        self.refused("name what the guest is to have", "/")
        os.mkfifo(self.tree / "fifo")
        self.refused("fifo is neither a file", "tree")
        self.refused("fifo is neither a file", "tree/fifo")
        (self.tree / "fifo").unlink()
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(str(self.tree / "socket"))
            self.refused("socket is neither a file", "tree")
        (self.tree / "socket").unlink()
        (self.tree / "dangling").symlink_to("nowhere")
        self.refused("link to nothing", "tree")
        self.refused("link to nothing", "tree/dangling")
        self.refused("does not say how large", "/proc/self/status")

    def test_circles_are_refused(self):
        other = self.scratch / "other"
        other.mkdir()
        (self.tree / "there").symlink_to(other)
        self.collect("tree")
        (other / "back").symlink_to(self.tree)
        self.refused("circle", "tree")
        (self.tree / "there").unlink()
        (self.tree / "up").symlink_to("..")
        self.refused("circle", "tree")

    def test_equal_names_are_refused(self):
        (self.scratch / "a").mkdir()
        (self.scratch / "a/outside").write_text("another")
        self.refused("has .*/outside by that name", "outside", "a/outside")
        self.assertEqual(self.collect("outside", "outside"), {"outside": "outside"})

    def test_what_is_too_large_is_refused(self):
        with open(self.tree / "large", "wb") as file:
            file.truncate(1 << 32)
        self.refused("larger than the 4 GiB", "tree")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_what_cannot_be_read_is_refused(self):
        (self.tree / "below").chmod(0)
        self.refused("cannot read .*below .Permission denied", "tree")
        (self.tree / "below").chmod(0o755)

    def test_size(self):
        (self.tree / "link").symlink_to("file")
        self.assertEqual(guest.size(guest.collect([self.tree, self.scratch / "outside"])), 4 + 4 + 7)


if __name__ == "__main__":
    unittest.main()
