# SPDX-License-Identifier: GPL-2.0
"""Read by gdb (vm/gdb -batch -x selftests/gdb.py): runs what docs/tour.md does with gdb, and compares
every copy of the demo's variables with what debugfs showed. Results are in KTAP.
"""

import re
import time
from pathlib import Path

import gdb

TOUR = Path(__file__).resolve().parent.parent / "docs" / "tour.md"
BLOCK = re.compile(r"^```gdb\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# In build/TARGET, where gdb runs.
LOG = Path("gdb-guest.log")
LINE = re.compile(r"^(static|dynamic) (\d+) (\d+)\r?$", re.MULTILINE)
CPUS = 4
SECONDS = 60


def result(count, name, good):
    print(f"{'ok' if good else 'not ok'} {count} {name}", flush=True)


def tour():
    """Whether each command of the tour prints what stands there, if something does."""
    good = True
    for block in BLOCK.findall(TOUR.read_text(encoding="utf-8")):
        for text in block.split("(gdb) ")[1:]:
            command, _, expected = text.partition("\n")
            print(f"# {command}")
            try:
                came = gdb.execute(command, to_string=True)
            except gdb.error as error:
                came, expected = f"{error}\n", expected or "nothing\n"
            if expected and came != expected:
                print(f"# - {expected}# + {came}", end="")
                good = False
    return good


def shown():
    """What debugfs showed in the guest, which has stopped after it; it may be on its way."""
    for _ in range(10 * SECONDS):
        found = {(name, int(cpu)): int(value) for name, cpu, value in LINE.findall(LOG.read_text())}
        if len(found) == 2 * CPUS:
            break
        time.sleep(0.1)
    return found


def number(value):
    """What is in the innermost first member."""
    while value.type.code == gdb.TYPE_CODE_STRUCT:
        value = value[value.type.fields()[0]]
    return int(value)


def copies(name, expression):
    """Whether all copies are as shown; `expression` has the CPU's number for %d."""
    expected = [SHOWN.get((name, cpu)) for cpu in range(CPUS)]
    try:
        found = [number(gdb.parse_and_eval(expression % cpu)) for cpu in range(CPUS)]
    except gdb.error as error:
        found = error
    print(f"# {expression}: {found}; by debugfs: {expected}")
    return found == expected


print("KTAP version 1\n1..3")
result(1, "tour", tour())
SHOWN = shown()
result(2, "static", copies("static", "$lx_per_cpu('rust_percpu::_::_::HITS', %d)"))
result(3, "dynamic", copies("dynamic", "*$lx_per_cpu_ptr($hits, %d)"))
