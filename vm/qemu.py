# SPDX-License-Identifier: GPL-2.0
"""QEMU, run from the build root."""

import fcntl
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import acpi
import cache
import devicetree
import report
import root
import tsc
from targets import ARM64, X86_64

KVM_CREATE_VM = 0xAE01
KVM_TRIAL_SECONDS = 10


@dataclass(frozen=True)
class Cpus:
    """The guest's processors."""

    running: int
    possible: int
    counting: bool = False  # a nanosecond of the guest's time is an instruction
    in_turn: bool = False   # emulated by one thread, where the architecture has it
    old: bool = False       # of a model without what the module asks for at run time


def start(tree, initramfs, console, cpus, memory, append, shared_root=None, gdb=None):
    """Boot the kernel of `tree`, with the command's terminal on stdin and stdout.

    `initramfs`, `console` and `gdb` are file descriptors: QEMU sees nothing of
    the host's directories but the cache, of which `shared_root` is offered to
    the guest. With `gdb`, a socket, it waits there for a debugger.
    """
    architecture = tree.target.architecture
    present = cpus.running
    paper = None
    if cpus.possible > cpus.running:
        append = [f"maxcpus={cpus.running}", *append]
        paper = _cpus_on_paper(tree, cpus)
        if not paper:
            present = cpus.possible
        elif architecture is X86_64:
            append = ["acpi_apic_instance=2", *append]
    words = [*_machine(tree, cpus),
             "-smp", str(present), "-m", memory,
             "-chardev", f"file,id=console,path=/proc/self/fd/{console}",
             "-serial", "chardev:console",
             "-chardev", "stdio,id=terminal,signal=off", "-serial", "chardev:terminal",
             "-initrd", f"/proc/self/fd/{initramfs}",
             "-append", _kernel_arguments(architecture, [*_clock(tree, cpus), *append])]
    if paper:
        path = f"/proc/self/fd/{paper.fileno()}"
        words += ["-acpitable", f"sig=APIC,data={path}"] if architecture is X86_64 else ["-dtb", path]
    if shared_root:
        words += ["-fsdev", f"local,id=root,path={shared_root},security_model=none,readonly=on",
                  "-device", "virtio-9p-pci,fsdev=root,mount_tag=root"]
    if gdb is not None:
        words += ["-chardev", f"socket,id=gdb,fd={gdb},server=on,wait=off",
                  "-gdb", "chardev:gdb", "-S"]
    descriptors = [console, initramfs, *([paper.fileno()] if paper else []),
                   *([gdb] if gdb is not None else [])]
    return report.start_tool(
        tree.inside(words, [], "/"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
        pass_fds=descriptors, env=root.environment())


def _cpus_on_paper(tree, cpus):
    """A file by which the kernel finds all CPUs that are possible, of which QEMU does not have most:
    emulating so many takes minutes. None where there is no such way.
    """
    architecture = tree.target.architecture
    if architecture is X86_64:
        text = acpi.madt(cpus.possible)
    elif architecture is ARM64:
        with tempfile.NamedTemporaryFile(dir=cache.temporary()) as file:
            words = [f"qemu-system-{architecture.qemu}", *architecture.machine, "-cpu",
                     architecture.cpu, "-smp", cpus.possible, "-nodefaults", "-display", "none",
                     "-serial", "null", "-serial", "null", "-machine", f"dumpdtb={file.name}"]
            subprocess.run(tree.inside(words, [], "/"), stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, check=True, env=root.environment())
            # A second region of the interrupt controller is there for many CPUs that run.
            text = devicetree.set_cell(Path(file.name).read_bytes(), "#redistributor-regions", 1)
    else:
        return None
    paper = tempfile.TemporaryFile()
    paper.write(text)
    paper.flush()
    return paper


def _machine(tree, cpus):
    architecture = tree.target.architecture
    model = architecture.old_cpu if cpus.old else architecture.cpu
    if cpus.counting:
        accelerator = ["-accel", "tcg,thread=single,tb-size=512", "-icount", "shift=0,sleep=off",
                       "-cpu", model]
    elif _uses_kvm(tree, cpus):
        accelerator = ["-accel", "kvm", "-cpu", "host"]
    else:
        # A thread per CPU is real concurrency, but where many share a core they
        # spin for each other: 64 CPUs on 2 cores boot 8 times faster in turn.
        in_turn = cpus.in_turn or cpus.running > 2 * os.cpu_count()
        thread = "single" if in_turn and architecture.takes_turns else "multi"
        accelerator = ["-accel", f"tcg,thread={thread},tb-size=512", "-cpu", model]
    return [f"qemu-system-{architecture.qemu}", *architecture.machine, *accelerator,
            "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-kernel", str(tree.boots)]


def _kernel_arguments(architecture, append):
    """Quiet but for warnings until init asks for more; a panic ends the guest. Without the kernel's tests
    of cryptography, which are a quarter of a boot.
    """
    return " ".join([f"console={architecture.console}", "loglevel=5", "panic=-1",
                     "random.trust_cpu=on", "cryptomgr.notests", architecture.kernel_arguments, *append])


def _clock(tree, cpus):
    """The speed of x86's clock, where emulation passes the host's on. A kernel that measures it while the
    machine is busy may be far off: 28 times once, and its watchdog barked. It also measures for each CPU
    how long a loop is that waits by this clock.
    """
    emulated = not (cpus.counting or _uses_kvm(tree, cpus))
    khz = tsc.khz() if emulated and tree.target.architecture is X86_64 else None
    return [f"tsc_early_khz={khz}", f"lpj={khz * 1000 // tree.hz}"] if khz else []


def _uses_kvm(tree, cpus):
    return not (cpus.counting or cpus.old) and _kvm_works(tree)


def _kvm_works(tree):
    """Whether a guest runs on KVM.

    /dev/kvm says little, and so does a machine that can be made: under some
    hypervisors it never gets to its first instruction. So the kernel is tried
    on it, once per boot of the host.
    """
    if not (tree.native and _kvm_makes_machines()):
        return False
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    memory = cache.directory() / "kvm.json"
    known = cache.read_json(memory)
    if not known or known["boot"] != boot:
        with report.step("trying KVM") as current:
            known = {"boot": boot, "works": _kvm_boots(tree)}
            current.outcome = "works" if known["works"] else "does not work, emulating"
        cache.write_json(memory, known)
    return known["works"]


def _kvm_makes_machines():
    try:
        with open("/dev/kvm", "r+b", buffering=0) as kvm:
            os.close(fcntl.ioctl(kvm, KVM_CREATE_VM, 0))
    except OSError:
        return False
    return True


def _kvm_boots(tree):
    """Whether the kernel gets as far as to panic for want of a root file system."""
    architecture = tree.target.architecture
    words = [f"qemu-system-{architecture.qemu}", *architecture.machine, "-accel", "kvm",
             "-cpu", "host", "-m", "512M", "-nodefaults", "-no-reboot", "-display", "none",
             "-serial", "stdio", "-kernel", str(tree.boots),
             "-append", _kernel_arguments(architecture, ["root=/dev/none"])]
    child = report.start_tool(tree.inside(words, [], "/"), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              env=root.environment())
    try:
        output, _ = child.communicate(timeout=KVM_TRIAL_SECONDS)
        return b"Kernel panic" in output
    except subprocess.TimeoutExpired:
        return False
    finally:
        report.end_tool(child)
