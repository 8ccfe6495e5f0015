# SPDX-License-Identifier: GPL-2.0
"""What of a distribution's kernel is booted."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tree import Tree


class BootsTest(unittest.TestCase):
    def boots(self, config, unpacked):
        with tempfile.TemporaryDirectory() as name, \
                mock.patch.object(Tree, "kdir", Path(name)), \
                mock.patch.object(Tree, "image", Path("/image/vmlinuz")):
            Path(name, ".config").write_text(config, encoding="utf-8")
            if unpacked:
                Path(name, "vmlinux").touch()
            # No archive is asked.
            return Tree.__new__(Tree).boots.name

    def test_the_unpacked_kernel_where_qemu_takes_it(self):
        self.assertEqual(self.boots("CONFIG_PVH=y\n", unpacked=True), "vmlinux")

    def test_else_the_image(self):
        self.assertEqual(self.boots("CONFIG_PVH=y\n", unpacked=False), "vmlinuz")
        self.assertEqual(self.boots("# CONFIG_PVH is not set\n", unpacked=True), "vmlinuz")


if __name__ == "__main__":
    unittest.main()
