# SPDX-License-Identifier: GPL-2.0
"""All that a target needs: root, source, image, and the build directory (KDIR).

A headers package has no Rust metadata (rust/*.rmeta and so on). The very same
comes out when the source package of the same version is configured as the
distribution did and prepared with the distribution's own compilers.
"""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

import cache
import host
import kernel
import namespace
import root
from archive import Archive, environment
from report import Failure, ToolFailure, note, step, together

# Modules with which a guest can have a directory of the host as its root, and what they need, named in the
# order of loading; what the kernel has built in is left out. $0 has the modules of the release $1.
SHARED_ROOT = """
    mkdir -p /tmp/usr/lib/modules; ln -s usr/lib /tmp/lib
    ln -s "$0" "/tmp/lib/modules/$1"
    depmod -b /tmp "$1"
    for name in 9pnet_virtio 9p overlay; do modprobe -d /tmp -S "$1" --show-depends $name; done >/tmp/needed
    awk '$1 == "insmod" && !seen[$2]++ { printf "%02d %s\\n", n++, $2 }' /tmp/needed | while read -r number path; do
        name=$(basename "$path")
        case $name in
            *.xz) xz -dc "$path" >"$number-${name%.xz}" ;;
            *) cp "$path" "$number-$name" ;;
        esac
    done
"""
PREFLIGHT = Path(__file__).resolve().parent.parent / "tools" / "preflight"


class Tree:
    """The entries of the cache for a target, each made when it is first asked for."""

    def __init__(self, target, release=None, update=False):
        self.target = target
        self.native = target.architecture.debian == host.architecture()
        self.archive = Archive(target.suites, target.architecture.debian)
        self.root_archive = Archive(target.suites, host.architecture())
        self.kernels = Archive(target.suites, target.architecture.source_of or target.architecture.debian)
        self.kernel = kernel.find(target, self.kernels, release, update)

    @property
    def root(self):
        """The build root."""
        return root.build_root(self.root_archive, self.packages)

    @property
    def packages(self):
        """What the build root has for this target alone."""
        architecture = self.target.architecture
        compiler = self.kernel.compiler
        if not self.native:
            compiler += f"-{architecture.triplet.replace('_', '-')}"
        packages = [architecture.qemu_package, compiler]
        if not self.native:
            packages.append(f"libc6-dev-{architecture.debian}-cross")
        if architecture.device_tree:
            packages.append("device-tree-compiler")
        return packages

    @property
    def source(self):
        """The unpacked source."""
        entry = cache.entry("source", self.kernel.version, self._unpack_source)
        return entry / self.kernel.source

    @property
    def image(self):
        """The kernel's image as the distribution made it."""
        return cache.entry("image", self.kernel.key, self._unpack_image) / "vmlinuz"

    @property
    def boots(self):
        """What QEMU starts: the image, or what it has inside where QEMU takes that too, as emulated
        processors unpack it for a third of a boot."""
        vmlinux = self.kdir / "vmlinux"
        return vmlinux if "PVH" in self.config and vmlinux.exists() else self.image

    @property
    def kdir(self):
        """The build directory, with the parts that it takes made side by side."""
        build_root, *_ = self._together("root", "image", "source")
        return self._built(f"{self.kernel.key}-{build_root.name}", f"kdir-{self.kernel.release}", self._prepare)

    def _built(self, key, log, build):
        """The entry that build(directory, place, run) makes in `directory`, which what is run sees at its later
        `place`: that is in many of the files."""
        place = cache.directory() / "kdir" / key

        def make(directory):
            def run(current, *words):
                current.run(namespace.command(words, self.root, [cache.directory()], "/", [(directory, place)]),
                            cache.log(log), env=self.environment)
            build(directory, place, run)

        return cache.entry("kdir", key, make)

    def _together(self, *names):
        """Some of our properties, made side by side."""
        return together(*(functools.partial(getattr, self, name) for name in names))

    def _unpack_source(self, directory):
        package = self.kernel.source
        with step(f"source of Linux {self.kernel.version}") as current:
            unpacked = self._fetch(package, directory, current)
            current.run(["tar", "-C", directory, "-xf", unpacked / f"usr/src/{package}.tar.xz"],
                        cache.log(f"source-{self.kernel.version}"))
            shutil.rmtree(unpacked)

    def _unpack_image(self, directory):
        release = self.kernel.release
        with step(f"image of {release}") as current:
            unpacked = self._fetch(f"linux-binary-{release}", directory, current)
            image, = unpacked.glob("**/vmlinuz*")
            image.rename(directory / "vmlinuz")
            shutil.rmtree(unpacked)

    def _fetch(self, package, directory, current):
        """A package of the kernel's version, unpacked below a directory."""
        unpacked = directory / "unpacked"
        unpacked.mkdir()
        self.kernels.fetch(package, self.kernel.version, unpacked, current)
        return unpacked

    def _prepare(self, directory, place, run):
        for path in kernel.headers(self.kernels, self.kernel).iterdir():
            shutil.copy(path, directory)
        # The vDSO of 32-bit programs wants one more compiler, and no module needs it.
        subprocess.run(["sed", "-i", "/COMPAT\\|CROSS32/d", directory / ".kernelvariables"], check=True)
        make = [*self.make, "-C", self.source, f"O={place}"]
        with step(f"build directory for {self.kernel.release}") as current:
            run(current, *make, "olddefconfig")
            run(current, *make, "prepare", "modules_prepare")
            self._extract_vmlinux(directory, place, functools.partial(run, current))

    def _extract_vmlinux(self, directory, place, run):
        """With vmlinux there, modules get type information (BTF)."""
        vmlinux = directory / "vmlinux"
        try:
            run("sh", "-c", '"$0" "$1" >"$2"', f"{self.source}/scripts/extract-vmlinux", self.image,
                f"{place}/vmlinux")
            extracted = vmlinux.read_bytes()[:4] == b"\x7fELF"
        except ToolFailure:
            extracted = False
        if not extracted:
            vmlinux.unlink(missing_ok=True)
            note("note: the kernel image does not unpack to an ELF file; modules will have no BTF")

    @property
    def make(self):
        """make, as the target's architecture wants it."""
        words = ["make", f"-j{os.cpu_count()}"]
        architecture = self.target.architecture
        if not self.native or not architecture.qemu:
            words += [f"ARCH={architecture.linux}", f"CROSS_COMPILE={architecture.triplet}-"]
        return words

    @property
    def environment(self):
        """The environment of commands in the build root."""
        return environment()

    def preflight(self):
        """Check once more that modules can be built, with the tools of the build root."""
        words = namespace.command([PREFLIGHT, self.kdir], self.root,
                                  [cache.directory(), PREFLIGHT.parent], "/")
        result = subprocess.run(words, env=self.environment, stderr=subprocess.PIPE, text=True)
        if result.returncode:
            raise Failure(f"{result.stderr.strip()} (to make all anew: vm/clean --cache)")

    @property
    def config(self):
        """How the kernel was configured: what options are set to, by name."""
        text = (self.kdir / ".config").read_text(encoding="utf-8")
        return dict(re.findall(r'^CONFIG_(\w+)="?(.*?)"?$', text, re.MULTILINE))

    @property
    def hz(self):
        """Ticks of a CPU in a second."""
        return int(self.config["HZ"])

    def describe(self):
        """Which kernel and compilers these are."""
        return "\n".join([f"source {self.kernel.source} {self.kernel.version}", *kernel.versions(self.kdir)])

    @property
    def program_flags(self):
        """What rustc needs to make programs for the guest."""
        if self.native:
            return ""
        triplet = self.target.architecture.triplet
        rust = self.target.architecture.rust or triplet.replace("-linux", "-unknown-linux")
        library = self._foreign("libstd-rust-dev") / "usr/lib/rustlib" / rust / "lib"
        return f"--target {rust} -L {library} -C linker={triplet}-{self.kernel.compiler}"

    @property
    def busybox(self):
        """A busybox for the guest."""
        where = self.root if self.native else self._foreign("busybox-static")
        return where / "usr/bin/busybox"

    def _foreign(self, name):
        """A package of the guest's architecture, unpacked."""
        def unpack(directory):
            with step(f"{name} for {self.archive.architecture}") as current:
                version = self.archive.package(name)["Version"]
                self.archive.fetch(name, version, directory, current)

        return cache.entry(name, self.archive.name, unpack)

    @property
    def tools_root(self):
        """A root with debugging tools, for the guest."""
        if not self.native:
            raise Failure("--tools is only there for guests of the host's own architecture; "
                          f"leave it away, or choose another --target than {self.target.name}")
        return root.tools_root(self.root_archive)

    @property
    def guest_modules(self):
        """The modules with which a guest can have tools_root as its root."""
        entry = cache.entry("guest-modules", self.kernel.key, self._pick_modules)
        return sorted(entry.iterdir())

    def _pick_modules(self, directory):
        release = self.kernel.release
        with step(f"modules of {release} for the guest") as current:
            unpacked = self._fetch(f"linux-modules-{release}", directory, current)
            found, = unpacked.glob(f"**/lib/modules/{release}")
            words = ["sh", "-ec", SHARED_ROOT, found, release]
            current.run(self.inside(words, [], directory), cache.log(f"modules-{release}"), env=self.environment)
            shutil.rmtree(unpacked)

    def inside(self, argv, binds, directory):
        """`argv` as a command in the build root, which sees the cache and `binds`."""
        return namespace.command(argv, self.root, [cache.directory(), *binds], directory)
