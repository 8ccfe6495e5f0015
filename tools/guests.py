# SPDX-License-Identifier: GPL-2.0
"""The guests of tools/test, and the tests that run in each."""

from dataclasses import dataclass

from targets import TARGETS, X86_64

# More emulated CPUs do not get through in time where the kernel is an own one, which checks much, or
# where they cannot be emulated in turn.
FEW_CPUS = 4
# Where there is a guest with more than busybox: the distribution's kernels on the host's architecture,
# with the backend whose instructions the tour shows.
TARGETS_WITH_TOOLS = ("amd64", "amd64-prev", "amd64-rt")

# Whose operations are interrupted at every instruction: each backend once, where selftests/interleave
# knows the processor's registers.
INTERLEAVED = ("amd64", "amd64-generic", "arm64")


@dataclass(frozen=True)
class Guest:
    """Tests under selftests/, scripts and programs, that run in one guest, one after another."""

    cpus: int
    programs: tuple
    options: tuple = ()     # of vm/run
    basic: bool = False     # about the compilers, the backend and our own code, not the kernel

    @property
    def tools(self):
        """Whether it has more than busybox."""
        return "--tools" in self.options


# For what changes code that other CPUs run.
IN_TURN = ("--in-turn",)
WITH_TOOLS = ("--in-turn", "--tools")
# Those that take longest come first. A boot of a debug kernel takes as long as a program, so there are
# few guests with many programs; what leaves the kernel worse than it was comes last.
GUESTS = (
    # What does one thing after another is fastest on one CPU. The last one locks the kernel down.
    Guest(1, ("counts", "input", "trace", "fuzz", "permissions", "restricted"), basic=True),
    Guest(1, ("load", "faults")),
    # The storm takes all memory that it finds.
    Guest(4, ("counts", "input", "trace", "crate", "documentation", "drain", "symbols", "examples",
              "percpu_stats", "storm", "unload"), ("--memory=320M",)),
    Guest(4, ("tools", "tour"), WITH_TOOLS),
    Guest(4, ("events",), IN_TURN),
    Guest(2, ("counts", "input", "trace"), basic=True),
    Guest(16, ("counts", "input", "trace"), basic=True),
    Guest(2, ("crate", "restricted"), ("--append=debugfs=off", "--old-processor"), basic=True),
)
# Interrupted between any two instructions, which takes minutes: for the attacks.
STEPPING = Guest(2, ("drain",), ("--each-instruction",))
ATTACKS = ("load", "storm", "fuzz", "permissions", "unload", "events", "faults", "restricted")
# Where the kernel lacks what the demo takes: what is about the crate alone.
CRATE = ("crate", "drain", "symbols", "examples")
WITHOUT_DEMO = (Guest(1, CRATE), Guest(4, CRATE))
# What the tour shows of kernels that keep account of per-CPU memory.
STATISTICS = Guest(4, ("tour",), WITH_TOOLS)
# What the attacks do a thousand times and more, they do less often where all else is tested too, and where
# they were done on another kernel of that source.
FEWER = ("increments=10000000", "moves=200", "rounds=1", "cycles=5", "unloads=10", "writes=2000")
FEWEST = ("increments=2000000", "moves=50", "rounds=1", "cycles=2", "unloads=4")
# Before either of these, where CPUs are only emulated in turn and an interrupt takes a millisecond.
SLOW = ("increments=200000",)

# How much of the tests a target has, each with what the next ones have.
ALL, COMPILERS, BACKEND, KERNEL = range(4)


def in_matrix():
    """How much each target has in a matrix: what the compilers, or the backend on a kernel, have shown on
    a target before it is left out."""
    parts, compilers, kernels = {}, set(), set()
    for name, target in TARGETS.items():
        # The generic backend is the kernel's functions, whatever the architecture. Others have
        # instructions of the kernel's, as it has them.
        backend = target.architecture if target.architecture.has_backend else X86_64
        # The first suite has the compilers.
        with_compilers, with_kernel = (backend, target.suites[0]), (backend, target.suites)
        if target.fragments or with_kernel in kernels:
            parts[name] = KERNEL
        elif with_compilers in compilers:
            parts[name] = BACKEND
        else:
            parts[name] = COMPILERS if compilers else ALL
        if not target.fragments:
            compilers.add(with_compilers)
            kernels.add(with_kernel)
    return parts
