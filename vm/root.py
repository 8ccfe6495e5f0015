# SPDX-License-Identifier: GPL-2.0
"""The build root: a directory with the distribution's compilers, QEMU and all else."""

import hashlib
import os
import re

import cache
import namespace
from report import step

# What builds a kernel with Rust and modules for it, and what runs it.
PACKAGES = """
    bc binutils bindgen bison busybox-static cpio flex gcc kmod libdw-dev libelf-dev libssl-dev
    make pahole python3 rust-clippy rust-src rustc rustfmt xz-utils zstd
""".split()
# What a person wants in a guest to look into a running kernel.
TOOLS = """
    bash bpftool bpftrace gdb-minimal kmod less linux-perf procps python3
    python3-drgn strace trace-cmd
""".split()
# Documentation and translations, which nobody reads in there.
UNWANTED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


def build_root(archive, extra_packages):
    """The directory of the root with which modules are built and QEMU is run."""
    return _root(archive, sorted({*PACKAGES, *extra_packages}), "build root")


def tools_root(archive):
    """The directory of the root that a guest with debugging tools runs in."""
    return _root(archive, TOOLS, "guest root with debugging tools")


def environment():
    """The environment for commands in a root: the host's settings mean nothing there."""
    kept = {name: os.environ[name] for name in ("HOME", "TERM", "COLUMNS") if name in os.environ}
    return {**kept, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8"}


def _root(archive, packages, label):
    suite = archive.suites[0]
    digest = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:8]
    return cache.entry("root", f"{archive.name}-{digest}",
                       lambda directory: _make(directory, archive, suite, packages, label))


def _make(directory, archive, suite, packages, label):
    archive.prepare()
    argv = ["mmdebstrap", "--mode=root", "--variant=apt", "--format=directory", "--verbose",
            f"--architectures={archive.architecture}", f"--aptopt={archive.settings_file}",
            f"--include={','.join(packages)}", "--dpkgopt=force-unsafe-io",
            *(f"--dpkgopt=path-exclude={path}" for path in UNWANTED),
            suite, directory, *(line for line in archive.sources() if f" {suite} " in line)]
    with step(f"{label}: {suite}") as current:
        # What a killed mmdebstrap leaves shall not be left in the host's /tmp.
        temporary = cache.temporary()
        current.run(namespace.command(argv), cache.log(f"root-{directory.name.split('.')[1]}"),
                    watch=_Watch(current), env={**os.environ, "TMPDIR": str(temporary)})


class _Watch:
    """How far mmdebstrap is: the few first packages, then all others unpacked and set up."""

    FIRST = {"I: extracting": 0.05, "I: installing essential": 0.15}
    REST = 0.2
    COUNT = re.compile(r"(?:\d+ upgraded, )?(\d+) newly installed")

    def __init__(self, current):
        self.current = current
        self.total = None
        self.done = 0

    def __call__(self, line):
        for start, fraction in self.FIRST.items():
            if line.startswith(start):
                self.current.fraction = fraction
        if line.startswith("I: installing remaining"):
            self.total = 0
        found = self.COUNT.match(line)
        if found and self.total == 0:
            self.total = 2 * int(found[1])
        if self.total and line.startswith(("Unpacking ", "Setting up ")):
            self.done += 1
            self.current.fraction = min(
                0.99, self.REST + (1 - self.REST) * self.done / self.total)
