# SPDX-License-Identifier: GPL-2.0
"""What the benchmarks in a guest have in common: building them, and reading what they counted."""

import datetime
import json
import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
RESULTS = CHECKOUT / "bench" / "results"
sys.path.insert(0, str(CHECKOUT / "vm"))
from kernel import versions     # noqa: E402


def note(text):
    print(text, file=sys.stderr, flush=True)


def run(*words, may_time_out=False):
    """What a command printed; nothing if it may time out and did."""
    words = [str(word) for word in words]
    process = subprocess.run(words, cwd=CHECKOUT, stdin=subprocess.DEVNULL, text=True,
                             stdout=subprocess.PIPE, check=False)
    if process.returncode == 124 and may_time_out:
        return None
    if process.returncode:
        sys.exit(f"bench: this failed, see above: {' '.join(words)}")
    return process.stdout


def build(target, *benches):
    """Build these, and tell with which compilers."""
    make = ("vm/make", "--target", target, "-s", "--no-print-directory")
    run(*make, f"BENCH={' '.join(benches)}", "modules")
    kdir = run("vm/kdir", "--target", target).strip()
    return versions(Path(kdir))[1:]


def said(module, log, last="end"):
    """The lines of the kernel log that the module wrote before its last, which has to be there."""
    lines = re.findall(rf"\b{module}: (.*)$", log, re.M)
    if last not in lines:
        sys.exit(f"bench: the module {module} did not count to the end")
    return lines[:lines.index(last)]


def rows(module, log):
    """The rounds of each loop, and the words of each row."""
    words = [line.split() for line in said(module, log)]
    rounds = next(int(line[1]) for line in words if line[0] == "rounds")
    return rounds, [line[1:] for line in words if line[0] == "row"]


def of_operations(log):
    """Instructions of a round by row of percpu_bench, in C and in Rust, less those of the loop.

    Rounded, as some clocks tick once in 16 instructions, or ten: a fiftieth of one in a round.
    """
    rounds, found = rows("percpu_bench", log)
    counted = {" ".join(name): [None if figure == "-" else int(figure) / rounds
                                for figure in (c, rust)] for *name, c, rust in found}
    loop = counted.pop("nothing u64 loop")
    return {name: tuple(None if figure is None else round(figure - empty, 1) + 0.0
                        for figure, empty in zip(figures, loop))
            for name, figures in counted.items()}


def keep(file, command, fields):
    """Write results, with pairs on a line."""
    result = {"SPDX-License-Identifier": "GPL-2.0", "written by": command,
              "date": datetime.date.today().isoformat(), **fields}
    text = re.sub(r"\[\s+(\S+),\s+(\S+)\s+\]", r"[\1, \2]", json.dumps(result, indent=1))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / file).write_text(text + "\n", encoding="utf-8")
