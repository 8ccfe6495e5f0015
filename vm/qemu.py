# SPDX-License-Identifier: GPL-2.0
"""QEMU, run from the build root: as nobody, without network, seeing little and writing nothing. Or in its place
a kernel that is a process.
"""

import contextlib
import fcntl
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import acpi
import cache
import namespace
import report
import tsc
from targets import X86_64

KVM_CREATE_VM = 0xAE01
KVM_TRIAL_SECONDS = 10
# Where QEMU sees what it reads.
KERNEL = "/run/kernel"
SHARED_ROOT = "/run/root"
SANDBOX = ("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny")


@dataclass(frozen=True)
class Cpus:
    """The guest's processors."""

    running: int
    possible: int
    counting: bool = False  # a nanosecond of the guest's time is an instruction
    in_turn: bool = False   # emulated by one thread, where the architecture has it
    old: bool = False       # of a model without what the module asks for at run time
    stepping: bool = False  # emulated, and interrupted between any two instructions


def start(tree, initramfs, console, cpus, memory, append, shared_root=None, gdb=None):
    """Boot the kernel of `tree`, with the command's terminal on stdin and stdout.

    `initramfs`, `console` and `gdb` are file descriptors. QEMU sees the build
    root, the kernel, and `shared_root`, which is offered to the guest. With
    `gdb`, a socket, it waits there for a debugger.
    """
    architecture = tree.target.architecture
    if not architecture.qemu:
        return _process(tree, initramfs, console, cpus, memory, append, gdb)
    present = cpus.running
    paper = None
    if cpus.possible > cpus.running:
        append = [f"maxcpus={cpus.running}", *append]
        paper = _cpus_on_paper(tree, cpus)
        if not paper:
            present = cpus.possible
        elif architecture is X86_64:
            append = ["acpi_apic_instance=2", *append]
    kvm = _kvm(tree, cpus)
    words = [*_machine(tree, cpus, kvm),
             "-smp", str(present), "-m", memory,
             *_passed(console, 1), "-chardev", "file,id=console,append=on,path=/dev/fdset/1",
             "-serial", "chardev:console",
             "-chardev", "stdio,id=terminal,signal=off", *architecture.terminal_device,
             "-initrd", f"/proc/self/fd/{initramfs}",
             "-append", _kernel_arguments(architecture, [*_clock(tree, cpus, kvm), *append])]
    if paper:
        path = f"/proc/self/fd/{paper.fileno()}"
        words += ["-acpitable", f"sig=APIC,data={path}"] if architecture is X86_64 else ["-dtb", path]
    if shared_root:
        words += ["-fsdev", f"local,id=root,path={SHARED_ROOT},security_model=none,readonly=on",
                  "-device", "virtio-9p-pci,fsdev=root,mount_tag=root"]
    if gdb is not None:
        words += ["-chardev", f"socket,id=gdb,fd={gdb},server=on,wait=off",
                  "-gdb", "chardev:gdb", "-S"]
    for file in (initramfs, *([paper.fileno()] if paper else [])):
        # These have no name by which anyone else could read them.
        os.fchmod(file, 0o444)
    descriptors = [console, initramfs, *(file.fileno() for file in (paper, kvm) if file),
                   *([gdb] if gdb is not None else [])]
    return report.start_tool(
        _confined(tree, words, shared_root), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
        pass_fds=descriptors, env=tree.environment)


def _process(tree, initramfs, console, cpus, memory, append, gdb):
    """A kernel that is a process: it is confined as QEMU is, but for /tmp, where its memory is a file."""
    if not tree.native or gdb is not None or cpus.counting or cpus.stepping:
        raise report.Failure(f"{tree.target.name} is a process of an x86-64 host's, and nothing is emulated: "
                             "leave --gdb, --icount and --each-instruction away, or choose another --target")
    os.fchmod(initramfs, 0o444)
    # By ptrace instead of seccomp it would have one CPU.
    words = [KERNEL, "quiet", "seccomp=on", f"mem={memory}", f"ncpus={cpus.possible}", f"maxcpus={cpus.running}",
             f"initrd=/proc/self/fd/{initramfs}", "uml_dir=/tmp", "con=null", "con0=fd:0,fd:1", "ssl=null",
             f"ssl0=null,fd:{console}", *_kernel_arguments(tree.target.architecture, append).split()]
    words = namespace.command(words, tree.root, at=[(tree.boots, KERNEL)], confined=True, scratch=True)
    return report.start_tool(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                             pass_fds=[console, initramfs], env=tree.environment)


def _confined(tree, words, shared_root=None):
    at = [(tree.boots, KERNEL), *([(shared_root, SHARED_ROOT)] if shared_root else [])]
    return namespace.command([f"qemu-system-{tree.target.architecture.qemu}", *SANDBOX, *words],
                             tree.root, at=at, confined=True)


def _passed(descriptor, number):
    """Have QEMU know an open file as /dev/fdset/NUMBER, where it would not be allowed to open it."""
    return ["-add-fd", f"fd={descriptor},set={number}"]


def _cpus_on_paper(tree, cpus):
    """A file by which the kernel finds all CPUs that are possible, of which QEMU does not have most:
    emulating so many takes minutes. None where there is no such way.
    """
    architecture = tree.target.architecture
    if architecture is X86_64:
        text = acpi.madt(cpus.possible)
    elif architecture.device_tree:
        # A second region of the interrupt controller is there for many CPUs that run.
        script = ('"$@" -machine dumpdtb=/tmp/tree && fdtput -t i /tmp/tree /intc@8000000 '
                  '"#redistributor-regions" 1 && dtc -q -I dtb -O dtb /tmp/tree')
        words = ["sh", "-c", script, "sh", f"qemu-system-{architecture.qemu}", *architecture.machine, "-cpu",
                 architecture.cpu, "-smp", cpus.possible, "-nodefaults", "-display", "none",
                 "-serial", "null", "-serial", "null"]
        text = subprocess.run(tree.inside(words, [], "/"), stdin=subprocess.DEVNULL, check=True,
                              stdout=subprocess.PIPE, env=tree.environment).stdout
    else:
        return None
    paper = tempfile.TemporaryFile()
    paper.write(text)
    paper.flush()
    return paper


def _machine(tree, cpus, kvm):
    architecture = tree.target.architecture
    model = architecture.old_cpu if cpus.old else architecture.cpu
    if cpus.counting:
        accelerator = ["-accel", "tcg,thread=single,tb-size=512", "-icount", "shift=0,sleep=off",
                       "-cpu", model]
    elif kvm:
        accelerator = [*_passed(kvm.fileno(), 2), "-accel", "kvm,device=/dev/fdset/2", "-cpu", "host"]
    else:
        # A thread per CPU is real concurrency, but where many share a core they
        # spin for each other: 64 CPUs on 2 cores boot 8 times faster in turn.
        in_turn = cpus.in_turn or architecture.in_turn or cpus.running > 2 * os.cpu_count()
        thread = "single" if in_turn and architecture.takes_turns else "multi"
        stepping = ",one-insn-per-tb=on" if cpus.stepping else ""
        accelerator = ["-accel", f"tcg,thread={thread},tb-size=512{stepping}", "-cpu", model]
    return [*architecture.machine, *accelerator, "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", "-kernel", KERNEL]


def _kernel_arguments(architecture, append):
    """Quiet but for warnings until init asks for more; a panic ends the guest. Without the kernel's tests
    of cryptography, which are a quarter of a boot.
    """
    return " ".join([f"console={architecture.console}", "loglevel=5", "panic=-1",
                     "random.trust_cpu=on", "cryptomgr.notests", architecture.kernel_arguments, *append])


def _clock(tree, cpus, kvm):
    """The speed of x86's clock, where emulation passes the host's on. A kernel that measures it while the
    machine is busy may be far off: 28 times once, and its watchdog barked. It also measures for each CPU
    how long a loop is that waits by this clock.
    """
    emulated = not (cpus.counting or kvm)
    khz = tsc.khz() if emulated and tree.target.architecture is X86_64 else None
    return [f"tsc_early_khz={khz}", f"lpj={khz * 1000 // tree.hz}"] if khz else []


def _kvm(tree, cpus):
    """/dev/kvm, open, where the guest runs on it.

    The file says little, and so does a machine that can be made: under some
    hypervisors it never gets to its first instruction. So the kernel is tried
    on it, once per boot of the host.
    """
    kvm = None if cpus.counting or cpus.old or cpus.stepping or not tree.native else _open_kvm()
    if not kvm:
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    memory = cache.directory() / "kvm.json"
    known = cache.read_json(memory)
    if not isinstance(known, dict) or known.get("boot") != boot:
        with report.step("trying KVM") as current:
            known = {"boot": boot, "works": _kvm_boots(tree, kvm)}
            current.outcome = "works" if known["works"] else "does not work, emulating"
        cache.write_json(memory, known)
    return kvm if known["works"] else None


def _open_kvm():
    with contextlib.suppress(OSError):
        kvm = open("/dev/kvm", "r+b", buffering=0)
        os.close(fcntl.ioctl(kvm, KVM_CREATE_VM, 0))
        return kvm
    return None


def _kvm_boots(tree, kvm):
    """Whether the kernel gets as far as to panic for want of a root file system."""
    words = [*_machine(tree, Cpus(1, 1), kvm), "-m", "512M", "-serial", "stdio",
             "-append", _kernel_arguments(tree.target.architecture, ["root=/dev/none"])]
    child = report.start_tool(_confined(tree, words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, pass_fds=[kvm.fileno()], env=tree.environment)
    try:
        output, _ = child.communicate(timeout=KVM_TRIAL_SECONDS)
        return b"Kernel panic" in output
    except subprocess.TimeoutExpired:
        return False
    finally:
        report.end_tool(child)
