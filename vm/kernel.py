# SPDX-License-Identifier: GPL-2.0
"""The distribution's kernels: which one a target has, and how it was configured."""

import itertools
import re
import shutil
import time
from dataclasses import asdict, dataclass

import cache
from report import Absent, Failure, note, step

WEEK = 7 * 24 * 3600
# What a headers package has, besides headers: how the kernel was configured, what it exports,
# and which compiler and prefix it wants.
CONFIGURATION = (".config", "Module.symvers", ".kernelvariables")


@dataclass(frozen=True)
class Kernel:
    """A kernel of the archive that has everything that is needed."""

    release: str        # what uname -r says
    version: str        # version of the packages
    source: str         # package with the source
    compiler: str       # the package that the headers want

    @property
    def key(self):
        """What its entries in the cache are called."""
        return f"{self.release}_{self.version}"


def find(target, archive, release=None, update=False):
    """The kernel of a target; the newest is looked up again after a week."""
    name = f"release-{release}" if release else target.name
    memory = cache.directory() / "kernel" / f"{name}.json"
    known = cache.read_json(memory)
    if not isinstance(known, dict) or set(known) != {"time", "kernel"}:
        known = None
    if not known or update or not (release or time.time() - known["time"] < WEEK):
        try:
            archive.update()
            known = {"time": time.time(), "kernel": asdict(_look_up(target, archive, release))}
            cache.write_json(memory, known)
        except Failure as failure:
            if not known:
                raise
            note(f"warning: {failure}")
            note(f"warning: looking for a newer kernel failed; going on with {known['kernel']['release']}")
    return Kernel(**known["kernel"])


def _look_up(target, archive, release):
    """The newest kernel, or the one before it and so on, that can be prepared."""
    releases = [release] if release else _releases(archive, target.flavour)
    fit = (kernel for kernel in (_kernel(archive, name) for name in releases)
           if kernel and _has_rust(archive, kernel))
    kernel = next(itertools.islice(fit, 0 if release else target.older, None), None)
    if kernel:
        return kernel
    what, way = (f"{release} for {archive.architecture}", "leave --kernel away for the newest that has") \
        if release else (f"linux-image-*-{target.flavour}", "choose another --target")
    raise Absent(f"{' and '.join(archive.suites)} have no kernel {what} that is built with Rust and has "
                 f"headers and source packages of one version; {way}")


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
    build = archive.package(f"linux-headers-{release}")
    series = re.match(r"\d+\.\d+", release)
    source = build and series and archive.package(f"linux-source-{series[0]}", build["Version"])
    if not source:
        return None
    compiler = re.match(r"(gcc-\d+)", build.get("Depends", ""))
    return Kernel(release, build["Version"], source["Package"],
                  compiler[1] if compiler else "gcc")


def _has_rust(archive, kernel):
    config = (headers(archive, kernel) / ".config").read_text(encoding="utf-8")
    return re.search(r"^CONFIG_RUST=y$", config, re.MULTILINE) is not None


def headers(archive, kernel):
    """What the headers package knows of how the kernel was built."""
    package = f"linux-headers-{kernel.release}"

    def unpack(directory):
        with step(f"configuration of {kernel.release}") as current:
            archive.fetch(package, kernel.version, directory, current)
            for name in CONFIGURATION:
                path = directory / "usr/src" / package / name
                if path.exists():
                    path.rename(directory / name)
            shutil.rmtree(directory / "usr")

    return cache.entry("headers", kernel.key, unpack)


def versions(kdir):
    """What a build directory is of, a line each: the kernel, its rustc, its C compiler."""
    release = (kdir / "include/config/kernel.release").read_text(encoding="utf-8").strip()
    config = (kdir / ".config").read_text(encoding="utf-8")
    return [f"Linux {release}", *(re.search(rf'^CONFIG_{name}_VERSION_TEXT="(.*)"$', config, re.MULTILINE)[1]
                                  for name in ("RUSTC", "CC"))]
