# SPDX-License-Identifier: GPL-2.0
"""The kernels that the module is built for and run on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    """What differs between processors, as package names and tools spell it."""

    debian: str             # architecture of the packages
    triplet: str            # prefix of the cross compiler
    qemu: str               # qemu-system-...
    qemu_package: str
    image: str              # the make target that is booted, in KDIR/arch/...
    machine: tuple          # QEMU's machine
    cpu: str                # processor model without KVM
    kernel_arguments: str
    console: str            # the kernel's messages
    terminal: str           # the command's output


X86_64 = Architecture(
    debian="amd64", triplet="x86_64-linux-gnu", qemu="x86_64", qemu_package="qemu-system-x86",
    image="arch/x86/boot/bzImage", machine=("-machine", "pc,hpet=off"), cpu="max",
    kernel_arguments="tsc=reliable no_timer_check",
    console="ttyS0", terminal="ttyS1")


@dataclass(frozen=True)
class Target:
    """A kernel of the distribution."""

    name: str
    architecture: Architecture
    suites: tuple           # the first one also makes the build root
    flavour: str            # linux-image-VERSION-FLAVOUR
    older: int = 0          # the newest version, or one so many before it


TARGETS = {target.name: target for target in (
    Target("amd64", X86_64, ("stable", "stable-backports"), "amd64"),
)}

DEFAULT = "amd64"
