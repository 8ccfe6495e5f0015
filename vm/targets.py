# SPDX-License-Identifier: GPL-2.0
"""The kernels that the module is built for and run on."""

import argparse
from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    """What differs between processors, as package names and tools spell it."""

    debian: str             # architecture of the packages
    linux: str              # arch/... in the kernel
    triplet: str            # prefix of the cross compiler
    qemu: str               # qemu-system-...
    qemu_package: str
    machine: tuple          # QEMU's machine
    cpu: str                # processor model without KVM
    old_cpu: str            # one without what the module asks for at run time
    kernel_arguments: str
    image: str              # where the kernel's build leaves it
    console: str            # the kernel's messages
    terminal: str           # the command's output
    terminal_device: tuple = ("-serial", "chardev:terminal")
    device_tree: bool = False   # by which possible CPUs are told, where it is not ACPI
    takes_turns: bool = True    # boots with its CPUs emulated one after another
    in_turn: bool = False       # is only emulated so
    bits: int = 64
    has_backend: bool = True    # in the crate
    rust: str = ""              # rustc's triplet of programs, where it is not the compiler's
    source_of: str = ""         # whose kernel names the source, where the own one is without Rust


X86_64 = Architecture(
    debian="amd64", linux="x86", triplet="x86_64-linux-gnu",
    qemu="x86_64", qemu_package="qemu-system-x86",
    # Slots to plug cards into are most of what ACPI describes, which debug kernels read for seconds.
    machine=("-machine", "pc,hpet=off", "-global", "PIIX4_PM.acpi-root-pci-hotplug=off",
             "-global", "PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off"), cpu="max", old_cpu="max,-cx16",
    # KASAN misfires on 5 levels: an interrupt comes while the boot CPU looks whether it has them.
    kernel_arguments="tsc=reliable no_timer_check no5lvl", image="vmlinux",
    console="ttyS0", terminal="ttyS1")


ARM64 = Architecture(
    debian="arm64", linux="arm64", triplet="aarch64-linux-gnu",
    qemu="aarch64", qemu_package="qemu-system-arm",
    machine=("-machine", "virt,gic-version=max"), cpu="max,pauth-impdef=on", old_cpu="cortex-a57",
    kernel_arguments="", image="arch/arm64/boot/Image",
    console="ttyAMA0", terminal="ttyAMA1", device_tree=True)


LOONG64 = Architecture(
    debian="loong64", linux="loongarch", triplet="loongarch64-linux-gnu",
    qemu="loongarch64", qemu_package="qemu-system-misc",
    machine=("-machine", "virt"), cpu="max", old_cpu="max",
    # It looks for a keyboard where nothing is without ACPI, which comes with firmware.
    kernel_arguments="initcall_blacklist=i8042_init", image="arch/loongarch/boot/vmlinux.efi",
    console="ttyS0", terminal="ttyS1", takes_turns=False)


ARMHF = Architecture(
    debian="armhf", linux="arm", triplet="arm-linux-gnueabihf",
    qemu="arm", qemu_package="qemu-system-arm",
    machine=("-machine", "virt,highmem=off"), cpu="max", old_cpu="cortex-a7",
    kernel_arguments="", image="arch/arm/boot/zImage",
    console="ttyAMA0", terminal="ttyAMA1", takes_turns=False, bits=32, has_backend=False,
    rust="armv7-unknown-linux-gnueabihf")


RISCV64 = Architecture(
    debian="riscv64", linux="riscv", triplet="riscv64-linux-gnu",
    qemu="riscv64", qemu_package="qemu-system-riscv",
    machine=("-machine", "virt"), cpu="max", old_cpu="rv64",
    kernel_arguments="", image="arch/riscv/boot/Image",
    # The machine has one serial port.
    console="ttyS0", terminal="hvc0",
    terminal_device=("-device", "virtio-serial-device", "-device", "virtconsole,chardev=terminal"),
    has_backend=False, rust="riscv64gc-unknown-linux-gnu", source_of="amd64")


S390X = Architecture(
    debian="s390x", linux="s390", triplet="s390x-linux-gnu",
    qemu="s390x", qemu_package="qemu-system-s390x",
    # It has no real model whole.
    machine=("-machine", "s390-ccw-virtio"), cpu="max", old_cpu="qemu",
    kernel_arguments="", image="arch/s390/boot/bzImage",
    # Its second serial port knows lines alone.
    console="ttysclp0", terminal="hvc0",
    terminal_device=("-device", "virtio-serial-ccw", "-device", "virtconsole,chardev=terminal"),
    # Else QEMU stops for ever now and then: a CPU that starts or ends another one waits for it, and that
    # for all to stand still.
    in_turn=True, has_backend=False, source_of="amd64")


# Its kernel is a process, so there is no QEMU; the package is that of the root which it shares with X86_64.
UM = Architecture(
    debian="amd64", linux="um", triplet="x86_64-linux-gnu",
    qemu="", qemu_package="qemu-system-x86", machine=(), cpu="", old_cpu="",
    kernel_arguments="noreboot", image="vmlinux",
    console="ttyS0", terminal="tty0", has_backend=False)


@dataclass(frozen=True)
class Target:
    """A kernel of the distribution, or one of our own from its source."""

    name: str
    architecture: Architecture
    suites: tuple           # the first one also makes the build root
    flavour: str            # linux-image-VERSION-FLAVOUR; of an own kernel, whose source it is
    older: int = 0          # the newest version, or one so many before it
    options: tuple = ()     # for make, when the modules are built
    fragments: tuple = ()   # of vm/configs, for an own kernel
    llvm: bool = False      # clang and lld build the own kernel
    most_cpus: int = 255    # that get through the tests in time

    @property
    def adds_at_once(self):
        """Whether the backend's `__this_cpu_add` is one instruction."""
        return self.architecture is X86_64 and "PERCPU_GENERIC=1" not in self.options

    @property
    def has_demo(self):
        """Whether the kernel has what the demo takes."""
        return "bare" not in self.fragments


STABLE = ("stable", "stable-backports")
TESTING = ("testing",)
UNSTABLE = ("unstable",)
# The candidates of the next release, or where there are none what is newest.
NEXT = ("unstable", "experimental")
X86_BASE = ("base", "x86_64")
ARM_BASE = ("base", "arm64")

TARGETS = {target.name: target for target in (
    Target("amd64", X86_64, STABLE, "amd64"),
    Target("amd64-generic", X86_64, STABLE, "amd64", options=("PERCPU_GENERIC=1",)),
    Target("amd64-rt", X86_64, STABLE, "rt-amd64"),
    Target("amd64-prev", X86_64, STABLE, "amd64", older=1),
    Target("amd64-testing", X86_64, TESTING, "amd64"),
    Target("amd64-unstable", X86_64, UNSTABLE, "amd64"),
    Target("amd64-next", X86_64, NEXT, "amd64"),
    Target("amd64-cloud", X86_64, STABLE, "cloud-amd64"),
    Target("amd64-debug", X86_64, STABLE, "amd64", fragments=(*X86_BASE, "debug", "tools"), llvm=True),
    Target("amd64-kcsan", X86_64, STABLE, "amd64", fragments=(*X86_BASE, "kcsan"), llvm=True),
    Target("amd64-up", X86_64, STABLE, "amd64", fragments=(*X86_BASE, "up")),
    Target("amd64-lazy", X86_64, STABLE, "amd64", fragments=(*X86_BASE, "lazy")),
    Target("amd64-bare", X86_64, STABLE, "amd64", fragments=(*X86_BASE, "bare")),
    Target("arm64", ARM64, STABLE, "arm64"),
    # More that are emulated in turn get nowhere: each spends its turn on waiting for a run queue.
    Target("arm64-next", ARM64, NEXT, "arm64", most_cpus=4),
    Target("arm64-16k", ARM64, STABLE, "arm64-16k"),
    Target("arm64-debug", ARM64, STABLE, "arm64", fragments=(*ARM_BASE, "debug"), llvm=True),
    # Unloading flushes translations a page at a time, for which QEMU stops all CPUs: 150 s on 4 of them.
    Target("armhf", ARMHF, UNSTABLE, "armmp", most_cpus=2),
    Target("armhf-next", ARMHF, NEXT, "armmp", most_cpus=2),
    Target("loong64", LOONG64, TESTING, "loong64"),
    # The kernel's Rust wants the newest rustc there.
    Target("s390x", S390X, UNSTABLE, "amd64", fragments=("base", "s390x")),
    Target("riscv64", RISCV64, STABLE, "amd64", fragments=("base", "riscv64"), llvm=True),
    Target("um", UM, STABLE, "amd64", fragments=("base", "um")),
)}

DEFAULT = "amd64"


def named(name):
    """The target of that name; a type for argparse."""
    if name in TARGETS:
        return TARGETS[name]
    raise argparse.ArgumentTypeError(f"there is no target {name}; there are {', '.join(TARGETS)}")


def add_option(parser, default=DEFAULT):
    """The option of all commands that are about one target."""
    parser.add_argument("--target", type=named, default=default, metavar="TARGET",
                        help=f"which kernel, see vm/targets.py (default: {default})")
