# SPDX-License-Identifier: GPL-2.0
"""The kernel's messages: kept in a file, and searched for what must never be there."""

import re

# A report of the kernel about itself. Most follow a time stamp, some a "cut here" line.
SPLAT = re.compile(r"""^(?:\[\s*\d+\.\d+\]\s*(?:\[\s*[TC]\d+\]\s*)?)?(?:
    ------------\[\ cut\ here\ \]
  | WARNING:\ (?!Unprivileged\ eBPF)
  | BUG:\ | BUG\  | kernel\ BUG\ at
  | (?:general\ protection\ fault|Oops:|Oops\ -|Internal\ error:|Unable\ to\ handle)
  | (?:double\ fault|traps:\ PANIC|PANIC:|stack\ segment:|invalid\ opcode:|divide\ error:)
  | UBSAN:\ | KFENCE:\ | kmemleak:\ \d+\ new
  | INFO:\ task\ .*blocked\ for\ more | (?:watchdog:\ )?BUG:\ soft\ lockup
  | INFO:\ (?:possible|suspicious|trying\ to\ register|inconsistent|lockdep)
  | (?:rcu:\ )?(?:INFO|ERROR):\ .*\b(?:detected\ (?:expedited\ )?stalls?|self-detected\ stall)
  | DEADLOCK | (?:=\ )?\[\ BUG: | \[\ INFO:
  | scheduling\ while\ atomic | Kernel\ panic | list_(?:add|del)\ corruption
  | unchecked\ MSR\ access | Fixing\ recursive\ fault | Bad\ page\ (?:state|map)
  | rust_kernel:\ panicked
  | refcount_t:\ | page\ allocation\ failure | .*:\ page\ allocation\ failure
  | Modules?\ linked\ in:
)""", re.VERBOSE)

SHOWN = 12


class Console:
    """Collects the raw bytes of the serial console into a log file."""

    def __init__(self, path, file):
        self.path = path
        self.file = file

    def feed(self, data):
        self.file.write(data.replace(b"\r", b""))

    def splat(self):
        """The lines from the first report of trouble on, or nothing."""
        text = self.path.read_text(encoding="utf-8", errors="replace")
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if SPLAT.match(line):
                return lines[number:number + SHOWN]
        return []

    def tail(self):
        """The last lines."""
        text = self.path.read_text(encoding="utf-8", errors="replace")
        return text.splitlines()[-SHOWN:]
