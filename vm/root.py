# SPDX-License-Identifier: GPL-2.0
"""The build root: a directory with the distribution's compilers, QEMU and all else."""

import hashlib

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


def build_root(archive, extra_packages):
    """The directory of the root with which modules are built and QEMU is run."""
    return _root(archive, sorted({*PACKAGES, *extra_packages}), "build root")


def tools_root(archive):
    """The directory of the root that a guest with debugging tools runs in. QEMU, which is nobody, has to
    be able to read it."""
    return _root(archive, TOOLS, "guest root with debugging tools", "readable-", ["chmod", "-R", "a+rX"])


def _root(archive, packages, label, prefix="", *finishing):
    suite = archive.suites[0]
    digest = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:8]
    name = f"{suite}-{archive.architecture}-{prefix}{digest}"

    def make(directory):
        with step(f"{label}: {suite}") as current:
            log = cache.log(f"root-{name}")
            archive.install(packages, directory, log, current)
            for words in finishing:
                current.run(namespace.command([*words, directory]), log)

    return cache.entry("root", name, make)
