# SPDX-License-Identifier: GPL-2.0
"""The processors that QEMU is asked for."""

import struct
import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import acpi
import devicetree
import qemu
import targets
import tsc


class MachineTest(unittest.TestCase):
    TREE = SimpleNamespace(target=targets.TARGETS["amd64"], boots="vmlinuz")

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
        self.assertIn("thread=single", self.machine(qemu.Cpus(2, 2, in_turn=True), kvm=False))
        self.assertIn("-accel kvm", self.machine(qemu.Cpus(2, 2, in_turn=True), kvm=True))


class ClockTest(unittest.TestCase):
    def clock(self, target, cpus, kvm=False):
        with mock.patch.object(qemu, "_kvm_works", lambda tree: kvm), \
                mock.patch.object(tsc, "khz", lambda: 1234567):
            return qemu._clock(SimpleNamespace(target=targets.TARGETS[target], hz=250), cpus)

    def test_is_told_where_it_is_the_hosts(self):
        told = ["tsc_early_khz=1234567", "lpj=4938268"]
        self.assertEqual(self.clock("amd64", qemu.Cpus(4, 4)), told)
        self.assertEqual(self.clock("amd64", qemu.Cpus(4, 4, old=True), kvm=True), told)
        self.assertEqual(self.clock("amd64", qemu.Cpus(4, 4), kvm=True), [])
        self.assertEqual(self.clock("amd64", qemu.Cpus(1, 1, counting=True)), [])
        self.assertEqual(self.clock("arm64", qemu.Cpus(4, 4)), [])

    @unittest.skipUnless(tsc.khz(), "this processor has no time stamp counter")
    def test_is_the_same_each_time(self):
        self.assertAlmostEqual(tsc.khz() / tsc.khz(), 1, delta=0.01)
        self.assertGreater(tsc.khz(), 400_000)


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


class DeviceTreeTest(unittest.TestCase):
    # A root with a property each before, in and behind a child, and room at the end.
    STRINGS = b"reg\0regions\0"
    STRUCTURE = struct.pack(">I4s" "3I5s3x" "I8s" "3II" "I" "3II" "II", 1, b"", 3, 5, 0, b"12345", 1,
                            b"child", 3, 4, 4, 1, 2, 3, 4, 0, 7, 2, 9)
    HEADER = struct.pack(">10I", 0xd00dfeed, 4096, 40, 40 + len(STRUCTURE), 40, 17, 16, 0,
                         len(STRINGS), len(STRUCTURE))
    TREE = (HEADER + STRUCTURE + STRINGS).ljust(4096, b"\0")

    def test_one_cell_changes_and_the_room_goes(self):
        changed = devicetree.set_cell(self.TREE, "regions", 1)
        self.assertEqual(devicetree.set_cell(changed, "regions", 1), changed)
        doubled = devicetree.set_cell(self.TREE, "regions", 2)
        self.assertEqual([i for i, (a, b) in enumerate(zip(changed, doubled)) if a != b],
                         [40 + 8 + 20 + 12 + 12 + 3])
        self.assertEqual(len(changed), 40 + len(self.STRUCTURE) + len(self.STRINGS))
        self.assertEqual(struct.unpack_from(">I", changed, 4)[0], len(changed))

    def test_what_is_not_there_is_an_error(self):
        with self.assertRaises(ValueError):
            devicetree.set_cell(self.TREE, "no such", 1)


if __name__ == "__main__":
    unittest.main()
