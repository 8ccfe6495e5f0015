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
import report
import targets
import tsc


BOOT = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


class MachineTest(unittest.TestCase):
    TREE = SimpleNamespace(target=targets.TARGETS["amd64"], native=True)
    KVM = SimpleNamespace(fileno=lambda: 9)

    def machine(self, cpus, kvm):
        with mock.patch.object(qemu, "_open_kvm", lambda: self.KVM if kvm else None), \
                mock.patch.object(qemu.cache, "read_json", lambda _: {"boot": BOOT, "works": True}), \
                mock.patch.object(qemu.cache, "directory", lambda: Path("/nowhere")), \
                mock.patch.object(qemu.os, "cpu_count", lambda: 2):
            return " ".join(qemu._machine(self.TREE, cpus, qemu._kvm(self.TREE, cpus)))

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

    def test_an_old_processor_is_emulated(self):
        self.assertNotIn("kvm", self.machine(qemu.Cpus(4, 4, old=True), kvm=True))

    def test_many_that_run_take_turns(self):
        self.assertIn("thread=multi", self.machine(qemu.Cpus(4, 64), kvm=False))
        self.assertIn("thread=single", self.machine(qemu.Cpus(16, 64), kvm=False))
        self.assertIn("thread=single", self.machine(qemu.Cpus(2, 2, in_turn=True), kvm=False))
        self.assertIn("-accel kvm", self.machine(qemu.Cpus(2, 2, in_turn=True), kvm=True))
        with mock.patch.object(self, "TREE", SimpleNamespace(target=targets.TARGETS["s390x"], native=False)):
            self.assertIn("thread=single", self.machine(qemu.Cpus(2, 2), kvm=False))


class ProcessTest(unittest.TestCase):
    def start(self, cpus, native=True, gdb=None):
        tree = SimpleNamespace(target=targets.TARGETS["um"], native=native, root=Path("/build-root"),
                               boots=Path("/vmlinux"), environment={})
        with open("/dev/null") as file, mock.patch.object(qemu.report, "start_tool", lambda words, **_: words), \
                mock.patch.object(qemu.os, "fchmod"):
            return " ".join(qemu.start(tree, file.fileno(), 9, cpus, "512M", ["more=1"], gdb=gdb))

    def test_the_kernel_runs_without_qemu(self):
        words = self.start(qemu.Cpus(2, 4))
        self.assertNotIn("qemu", words)
        for said in ("/run/kernel", "mem=512M", "ncpus=4", "maxcpus=2", "ssl0=null,fd:9", "console=ttyS0", "more=1"):
            self.assertIn(f" {said} ", f"{words} ".replace("\n", " "))

    def test_only_its_memory_is_written_to(self):
        words = self.start(qemu.Cpus(2, 2))
        read_only = [line for line in words.splitlines() if "remount,bind,ro" in line]
        self.assertTrue(any(line.endswith("/build-root/proc") for line in read_only))
        self.assertFalse(any(line.endswith("/build-root/tmp") for line in read_only))

    def test_what_takes_an_emulated_machine_is_refused(self):
        for cpus, options in ((qemu.Cpus(1, 1, counting=True), {}), (qemu.Cpus(2, 2, stepping=True), {}),
                              (qemu.Cpus(2, 2), {"gdb": 3}), (qemu.Cpus(2, 2), {"native": False})):
            with self.assertRaisesRegex(report.Failure, "um is a process"):
                self.start(cpus, **options)


class ClockTest(unittest.TestCase):
    def clock(self, target, cpus, kvm=False):
        with mock.patch.object(tsc, "khz", lambda: 1234567):
            return qemu._clock(SimpleNamespace(target=targets.TARGETS[target], hz=250), cpus, kvm)

    def test_is_told_where_it_is_the_hosts(self):
        told = ["tsc_early_khz=1234567", "lpj=4938268"]
        self.assertEqual(self.clock("amd64", qemu.Cpus(4, 4)), told)
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


if __name__ == "__main__":
    unittest.main()
