# SPDX-License-Identifier: GPL-2.0
"""What counts as a splat, and what does not."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import console

SPLATS = """
------------[ cut here ]------------
WARNING: CPU: 0 PID: 112 at kernel/smp.c:800 smp_call_function_many_cond+0x41/0x5b0
WARNING: kernel/smp.c:800 at smp_call_function_many_cond+0x41/0x5b0, CPU#0: insmod/112
WARNING: possible circular locking dependency detected
WARNING: possible recursive locking detected
WARNING: suspicious RCU usage
WARNING: inconsistent lock state
WARNING: bad unlock balance detected!
BUG: kernel NULL pointer dereference, address: 0000000000000000
BUG: unable to handle page fault for address: ffffffffc0000000
BUG: KASAN: slab-out-of-bounds in foo+0x1/0x2 [foo]
BUG: KCSAN: data-race in foo / bar
BUG: scheduling while atomic: insmod/112/0x00000002
BUG: sleeping function called from invalid context at mm/slab.h:1
BUG: using smp_processor_id() in preemptible [00000000] code: sh/1
BUG: workqueue lockup - pool cpus=0
BUG kmalloc-64 (Tainted: G           O): Redzone overwritten
watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [sh:1]
watchdog: Watchdog detected hard LOCKUP on cpu 0
NMI watchdog: Watchdog detected hard LOCKUP on cpu 0
Oops: 0000 [#1] SMP NOPTI
Oops: general protection fault, probably for non-canonical address 0xdead: 0000 [#1]
general protection fault: 0000 [#1] SMP
Internal error: Oops: 0000000096000004 [#1] SMP
Unable to handle kernel NULL pointer dereference at virtual address 0000000000000000
UBSAN: array-index-out-of-bounds in foo.c:1:2
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: INFO: rcu_preempt self-detected stall on CPU
rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-... }
INFO: task insmod:112 blocked for more than 120 seconds.
INFO: trying to register non-static key.
kernel BUG at mm/percpu.c:1!
Kernel panic - not syncing: sysrq triggered crash
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
rust_kernel: panicked at foo.rs:1:2:
list_add corruption. next->prev should be prev
refcount_t: underflow; use-after-free.
sh: page allocation failure: order:9, mode:0xcc0
traps: PANIC: double fault, error_code: 0x0
stack segment: 0000 [#1]
""".strip().splitlines()

ORDINARY = """
Linux version 7.3.4+deb13-amd64 (debian-kernel@lists.debian.org)
tsc: Unable to calibrate against PIT
mtrr: your CPUs had inconsistent fixed MTRR settings
WARNING: Unprivileged eBPF is enabled with eIBRS on, data leaks possible via Spectre v2 BHB attacks!
hello: loading out-of-tree module taints kernel.
hello: module verification failed: signature and/or required key missing - tainting kernel
rcu: Preemptible hierarchical RCU implementation.
NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.
x86/bugs: return thunk changed
PM: Debug messages: BUG reporting
rust_percpu: a debugfs message about BUG: nothing
workqueue: foo hogged CPU for >10000us 4 times, consider switching to WQ_UNBOUND
kmemleak: Kernel memory leak detector initialized (mem pool available: 15000)
random: crng init done
panic_on_warn is off; Oops: are not expected
Lockdown: insmod: unsigned module loading is restricted
""".strip().splitlines()


class SplatTest(unittest.TestCase):
    def test_splats(self):
        for line in SPLATS:
            for prefix in ("", "[    2.901234] ", "[   12.000001][  T112] ", "[    0.1][    C1] "):
                with self.subTest(prefix + line):
                    self.assertRegex(prefix + line, console.SPLAT)

    def test_ordinary_messages(self):
        for line in ORDINARY:
            with self.subTest(line):
                self.assertIsNone(console.SPLAT.match(f"[    2.901234] {line}"))


class ConsoleTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        path = Path(scratch.name) / "console.log"
        file = open(path, "a+b", buffering=0)
        self.addCleanup(file.close)
        self.console = console.Console(path, file)

    def test_quiet(self):
        self.console.feed(b"[    0.1] fine\r\n")
        self.assertEqual(self.console.splat(), [])
        self.assertEqual(self.console.tail(), ["[    0.1] fine"])
        self.assertEqual(self.console.path.read_bytes(), b"[    0.1] fine\n")

    def test_splat_in_pieces_and_with_binary_noise(self):
        self.console.feed(b"\xff\xfe\r\n[    0.1] WARN")
        self.console.feed(b"ING: suspicious RCU usage\r\n[    0.2] next\r\n")
        self.assertEqual(self.console.splat(),
                         ["[    0.1] WARNING: suspicious RCU usage", "[    0.2] next"])

    def test_knows_old_code_by_the_first_report(self):
        self.assertFalse(self.console.missed_a_change())
        self.console.feed(b"[    1.561290] Oops: int3: 0000 [#1] SMP NOPTI\n")
        self.assertTrue(self.console.missed_a_change())
        self.console.clear()
        self.console.feed(b"[    0.1] WARNING: suspicious RCU usage\n[    0.2] Oops: int3: 0000 [#1]\n")
        self.assertFalse(self.console.missed_a_change())

    def test_what_was_not_unpacked_is_seen(self):
        self.console.feed(b"[    0.1] Unpacking initramfs...\n")
        self.assertFalse(self.console.is_incomplete())
        self.console.feed(b"[    0.2] Initramfs unpacking failed: write error\n")
        self.assertTrue(self.console.is_incomplete())

    def test_splat_is_cut(self):
        self.console.feed(b"------------[ cut here ]------------\n" + b"x\n" * 100)
        self.assertEqual(len(self.console.splat()), console.SHOWN)


if __name__ == "__main__":
    unittest.main()
