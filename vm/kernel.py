# SPDX-License-Identifier: GPL-2.0
"""The distribution's kernels, and the build directories (KDIR) for modules of theirs.

A headers package has no Rust metadata (rust/*.rmeta and so on). The very same
comes out when the source package of the same version is configured as the
distribution did and prepared with the distribution's own compilers.
"""

import os
import lzma
import re
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import cache
import namespace
import root
from archive import Archive
from report import Failure, ToolFailure, note, step, together

WEEK = 7 * 24 * 3600
PREFLIGHT = Path(__file__).resolve().parent.parent / "tools" / "preflight"
# What a guest needs to have a directory of the host as its root.
GUEST_MODULES = ("9pnet_virtio", "9p", "overlay")


@dataclass(frozen=True)
class Kernel:
    """A kernel of the archive that has everything that is needed."""

    release: str        # what uname -r says
    version: str        # version of the packages
    source: str         # package with the source
    compiler: str       # the package that the headers want


def find(target, archive, release=None, update=False):
    """The kernel of a target; the newest is looked up again after a week."""
    name = release or target.name
    memory = cache.directory() / "kernel" / f"{name}.json"
    known = cache.read_json(memory)
    if known and not update and (release or time.time() - known["time"] < WEEK):
        return Kernel(**known["kernel"])
    try:
        archive.update()
        kernel = _look_up(target, archive, release)
    except Failure as failure:
        if not known or update and release:
            raise
        note(f"warning: {failure}")
        note("warning: looking for a newer kernel failed; going on with "
             f"{known['kernel']['release']}")
        return Kernel(**known["kernel"])
    cache.write_json(memory, {"time": time.time(), "kernel": asdict(kernel)})
    return kernel


def _look_up(target, archive, release):
    flavour = target.flavour
    releases = [release] if release else _releases(archive, flavour)
    for candidate in releases[target.older if not release else 0:]:
        kernel = _kernel(archive, candidate)
        if kernel:
            return kernel
    if release:
        raise Failure(f"{', '.join(archive.suites)} of {archive.architecture} have no kernel "
                      f"{release} with headers and a source package of the same version; "
                      "leave --kernel away for the newest one")
    raise Failure(f"{', '.join(archive.suites)} have no kernel of flavour {flavour} with "
                  "headers and a source package of the same version; try another --target")


def _releases(archive, flavour):
    """Releases of a flavour, newest first."""
    found = []
    for package in archive.packages(rf"^linux-image-[0-9][^-]*-{flavour}$"):
        release = package.removeprefix("linux-image-")
        numbers = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", release)
        if numbers:
            found.append(([int(number or 0) for number in numbers.groups()], release))
    return [release for _, release in sorted(found, reverse=True)]


def _kernel(archive, release):
    headers = archive.package(f"linux-headers-{release}")
    series = re.match(r"\d+\.\d+", release)
    source = series and archive.package(f"linux-source-{series[0]}")
    if not (headers and source and headers["Version"] == source["Version"]):
        return None
    compiler = re.match(r"(gcc-\d+)", headers.get("Depends", ""))
    return Kernel(release, headers["Version"], source["Package"],
                  compiler[1] if compiler else "gcc")


class Tree:
    """All that one target needs from the cache, made when first asked for."""

    def __init__(self, target, release=None, update=False):
        self.target = target
        self.archive = Archive(target.suites, target.architecture.debian)
        self.kernel = find(target, self.archive, release, update)
        self._key = f"{self.kernel.release}_{self.kernel.version}"

    @property
    def root(self):
        return root.build_root(self.archive, [self.target.architecture.qemu_package,
                                              self.kernel.compiler])

    @property
    def source(self):
        """The unpacked source."""
        entry = cache.entry("source", self.kernel.version, self._unpack_source)
        return entry / self.kernel.source

    @property
    def image(self):
        """The files of the distribution's kernel and headers packages."""
        return cache.entry("image", self._key, self._unpack_image)

    @property
    def kdir(self):
        """The build directory, with the parts that it takes made side by side."""
        build_root, image, source = together(
            lambda: self.root, lambda: self.image, lambda: self.source)
        key = f"{self._key}-{build_root.name}"
        place = cache.directory() / "kdir" / key
        return cache.entry("kdir", key, lambda directory: self._prepare(
            directory, place, build_root, image, source))

    def _unpack_source(self, directory):
        package = self.kernel.source
        with step(f"source of Linux {self.kernel.version}") as current:
            self._fetch([package], directory, current)
            tarball = directory / f"usr/src/{package}.tar.xz"
            log = cache.log(f"source-{self.kernel.version}")
            current.run(["tar", "-C", directory, "-xf", tarball], log)
            tarball.unlink()

    def _unpack_image(self, directory):
        release = self.kernel.release
        with step(f"kernel {release}") as current:
            self._fetch([f"linux-headers-{release}", *self._image_packages()], directory, current)
            headers = directory / f"usr/src/linux-headers-{release}"
            for name in (".config", "Module.symvers", ".kernelvariables"):
                if (headers / name).exists():
                    shutil.copy(headers / name, directory / name)
            _require_rust(directory / ".config", release)
            for name in (f"usr/lib/modules/{release}/vmlinuz", f"boot/vmlinuz-{release}"):
                if (directory / name).exists():
                    (directory / name).rename(directory / "vmlinuz")

    def _image_packages(self):
        """The packages with vmlinuz: in older versions one, in newer ones split."""
        release = self.kernel.release
        image = self.archive.package(f"linux-image-{release}")
        split = f"linux-binary-{release}"
        return [split if image and split in image.get("Depends", "") else image["Package"]]

    def _fetch(self, packages, directory, current):
        self.archive.download(packages, directory, current)
        for package in directory.glob("*.deb"):
            current.run(["dpkg-deb", "-x", package, directory], cache.log("unpack-" + package.name))
            package.unlink()

    def _prepare(self, directory, place, build_root, image, source):
        """Build in `directory`, seen at its later `place`: it is in many of the files."""
        for name in (".config", "Module.symvers", ".kernelvariables"):
            if (image / name).exists():
                shutil.copy(image / name, directory / name)
        log = cache.log(f"kdir-{self.kernel.release}")
        make = ["make", "-C", source, f"O={place}", f"-j{os.cpu_count()}"]

        def run(current, words, **options):
            words = namespace.command(words, build_root, [cache.directory()], "/",
                                      [(directory, place)])
            current.run(words, log, env=root.environment(), **options)

        with step(f"build directory for {self.kernel.release}") as current:
            run(current, [*make, "olddefconfig"])
            run(current, [*make, "prepare", "modules_prepare"], watch=_Watch(current))
            try:
                # With vmlinux there, modules get type information (BTF).
                run(current, ["sh", "-c", '"$0" "$1" >"$2"', f"{source}/scripts/extract-vmlinux",
                              image / "vmlinuz", f"{place}/vmlinux"])
            except ToolFailure:
                (directory / "vmlinux").unlink(missing_ok=True)
                note("note: the kernel image does not unpack to an ELF file; modules will have "
                     "no BTF")

    def preflight(self):
        """Check once more that modules can be built, with the tools of the build root."""
        words = namespace.command([PREFLIGHT, self.kdir], self.root,
                                  [cache.directory(), PREFLIGHT.parent], "/")
        result = subprocess.run(words, env=root.environment(), stderr=subprocess.PIPE, text=True)
        if result.returncode:
            raise Failure(f"{result.stderr.strip()} (to make all anew: vm/clean --cache)")

    def describe(self):
        """Which kernel and compilers these are."""
        config = (self.kdir / ".config").read_text(encoding="utf-8")
        texts = dict(re.findall(r'^CONFIG_(RUSTC|CC)_VERSION_TEXT="(.*)"$', config, re.MULTILINE))
        return (f"kernel    {self.kernel.release}\n"
                f"source    {self.kernel.source} {self.kernel.version}\n"
                f"rustc     {texts.get('RUSTC')}\n"
                f"compiler  {texts.get('CC')}")

    @property
    def tools_root(self):
        """A root with debugging tools."""
        return root.tools_root(self.archive)

    @property
    def guest_modules(self):
        """The kernel's modules for a guest on the tools root, named in the order of loading."""
        entry = cache.entry("guest-modules", self._key, self._pick_modules)
        return sorted(entry.glob("*.ko"))

    def _pick_modules(self, directory):
        release = self.kernel.release
        with step(f"modules of {release} for the guest") as current:
            package = f"linux-modules-{release}"
            if not self.archive.package(package):
                package = f"linux-image-{release}"
            unpacked = directory / "unpacked"
            unpacked.mkdir()
            self._fetch([package], unpacked, current)
            modules, = unpacked.glob(f"**/lib/modules/{release}")
            for number, path in enumerate(_with_dependencies(modules, GUEST_MODULES)):
                data = path.read_bytes()
                if path.suffix == ".xz":
                    data = lzma.decompress(data)
                name = path.name.partition(".")[0]
                (directory / f"{number:02}-{name}.ko").write_bytes(data)
            shutil.rmtree(unpacked)

    def inside(self, argv, binds, directory):
        """`argv` as a command in the build root, which sees the cache and `binds`."""
        return namespace.command(argv, self.root, [cache.directory(), *binds], directory)


def _require_rust(config, release):
    if "CONFIG_RUST=y" not in config.read_text(encoding="utf-8").splitlines():
        raise Failure(f"the kernel {release} is built without Rust (CONFIG_RUST); "
                      "leave --kernel away for the newest one that has it")


def _with_dependencies(directory, names):
    """The files of modules, each after those that it depends on."""
    files = {path.name.partition(".")[0].replace("-", "_"): path
             for path in directory.rglob("*.ko*")}
    order = []

    def visit(name):
        path = files.get(name.replace("-", "_"))
        if path is None or path in order:
            return      # built in, or there already
        for dependency in _depends(path):
            visit(dependency)
        order.append(path)

    for name in names:
        visit(name)
    return order


def _depends(path):
    """What the module says in its .modinfo section."""
    data = path.read_bytes()
    if path.suffix == ".xz":
        data = lzma.decompress(data)
    found = re.search(rb"\0depends=([^\0]*)\0", data)
    return found[1].decode().split(",") if found and found[1] else []


class _Watch:
    """How far the preparation is, by what it takes on the way to the kernel crate."""

    LANDMARKS = {
        "HOSTCC": 0.01,
        "RUSTC L rust/core.o": 0.3,
        "BINDGEN": 0.35,
        "RUSTC L rust/bindings.o": 0.7,
        "RUSTC L rust/kernel.o": 0.8,
        "EXPORTS rust/exports_kernel": 0.98,
    }

    def __init__(self, current):
        self.current = current

    def __call__(self, line):
        line = re.sub(r"\s+", " ", line)
        for mark, fraction in self.LANDMARKS.items():
            if mark in line:
                self.current.fraction = max(fraction, self.current.fraction or 0)
