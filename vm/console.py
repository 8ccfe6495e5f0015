# SPDX-License-Identifier: GPL-2.0
"""The kernel's messages: kept in a file, and searched for what must never be there."""

import re

# How the kernel's reports about itself begin, after the time stamp.
REPORTS = (
    r"-+\[ cut here \]",
    r"WARNING: (?!Unprivileged eBPF)",
    r"(watchdog: )?BUG: ", r"BUG \S", r"kernel BUG at", r"\[ BUG: ",
    r"Oops: ", r"Oops - ", r"Internal error: ", r"Unable to handle ",
    r"general protection fault", r"stack segment: ", r"invalid opcode: ", r"divide error: ",
    r"double fault: ", r"traps: PANIC", r"PANIC: ", r"Fixing recursive fault",
    r"Kernel panic", r"rust_kernel: panicked",
    r"UBSAN: ", r"kmemleak: \d+ new ",
    r"INFO: (task .* blocked for more|possible|suspicious|trying to register)",
    r"(rcu: )?(INFO|ERROR): .*(detected (expedited )?stall|self-detected stall)",
    r"(NMI )?watchdog: Watchdog detected",
    r"list_(add|del) corruption", r"refcount_t: ", r"unchecked MSR access",
    r".*: page allocation failure: ",
)
SPLAT = re.compile(rf"(\[ *\d+\.\d+\]( ?\[ *[TC]\d+\])? )?({'|'.join(REPORTS)})")
SHOWN = 12
UNPACKING = "Initramfs unpacking failed"


class Console:
    """Collects the raw bytes of the serial console into a log file."""

    def __init__(self, path, file):
        self.path = path
        self.file = file

    def feed(self, data):
        self.file.write(data.replace(b"\r", b""))

    def clear(self):
        """Forget what there was."""
        self.file.truncate(0)

    def _lines(self):
        self.file.seek(0)
        return self.file.read().decode(errors="replace").splitlines()

    def is_incomplete(self):
        """Whether the kernel could not unpack all that the guest was to have."""
        return any(UNPACKING in line for line in self._lines())

    def splat(self):
        """The lines from the first report of trouble on, or nothing."""
        lines = self._lines()
        for number, line in enumerate(lines):
            if SPLAT.match(line):
                return lines[number:number + SHOWN]
        return []

    def missed_a_change(self):
        """Whether there is an int3 that the kernel had taken back: of emulated CPUs, QEMU may run old
        code once more.
        """
        return any("Oops: int3: " in line for line in self.splat()[:1])

    def tail(self):
        """The last lines."""
        return self._lines()[-SHOWN:]
