# SPDX-License-Identifier: GPL-2.0
"""The processors that QEMU is asked for."""

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import acpi
import qemu
import targets


class MachineTest(unittest.TestCase):
    TREE = SimpleNamespace(target=targets.TARGETS["amd64"], image="vmlinuz")

    def machine(self, cpus, kvm):
        with mock.patch.object(qemu, "_kvm_works", lambda tree: kvm), \
                mock.patch.object(qemu.os, "cpu_count", lambda: 2):
            return " ".join(qemu._machine(self.TREE, cpus))

    def test_counting_is_never_on_kvm(self):
        words = self.machine(qemu.Cpus(1, 255, counting=True), kvm=True)
        self.assertIn("-icount shift=0,sleep=off", words)
        self.assertIn("tcg,thread=single", words)
        self.assertNotIn("kvm", words)

    def test_only_counting_counts(self):
        for kvm in (False, True):
            words = self.machine(qemu.Cpus(4, 4), kvm)
            self.assertNotIn("-icount", words)
            self.assertEqual("-accel kvm" in words, kvm)

    def test_many_that_run_take_turns(self):
        self.assertIn("thread=multi", self.machine(qemu.Cpus(4, 64), kvm=False))
        self.assertIn("thread=single", self.machine(qemu.Cpus(16, 64), kvm=False))


class TableTest(unittest.TestCase):
    def test_every_cpu_has_an_entry(self):
        table = acpi.madt(255)[8:]
        kinds = {}
        while table:
            kinds.setdefault(table[0], []).append(table[:table[1]])
            table = table[table[1]:]
        self.assertEqual([entry[3] for entry in kinds[0]], list(range(255)))
        self.assertEqual({kind: len(entries) for kind, entries in kinds.items()},
                         {0: 255, 1: 1, 2: len(acpi.OVERRIDES), 4: 1})


if __name__ == "__main__":
    unittest.main()
