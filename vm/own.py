# SPDX-License-Identifier: GPL-2.0
"""Kernels of our own: the distribution's source, configured by the fragments in vm/configs.

Everything that no fragment names is off, so these are small and quick to build.
"""

import functools
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from report import Failure, step
from tree import Tree

CONFIGS = Path(__file__).with_name("configs")
# In the build root of all own kernels, as they share one.
LLVM = ("clang", "lld", "llvm")
SETTING = re.compile(r"^(?:(CONFIG_\w+)=(.*)|# (CONFIG_\w+) is not set)$", re.MULTILINE)


def tree_for(target, release=None, update=False):
    """What a target needs, whoever builds its kernel."""
    if not target.fragments:
        return Tree(target, release, update)
    if release:
        raise Failure(f"--kernel names a distribution's kernel, and {target.name} is an own "
                      "build; leave it away, or choose another --target")
    return OwnTree(target, None, update)


class OwnTree(Tree):
    """The entries of the cache for a target whose kernel is built here."""

    @property
    def packages(self):
        return [*super().packages, *LLVM, *(["gdb"] if self.native else [])]

    @property
    def _compilers(self):
        """The variable by which they are chosen."""
        if self.target.llvm:
            return {"LLVM": "1"}
        # A cross compiler is only there by the name with its version.
        name = f"{self.target.architecture.triplet}-{self.kernel.compiler}"
        return {} if self.native else {"CC": name}

    @property
    def make(self):
        return [*super().make, *(f"{name}={value}" for name, value in self._compilers.items())]

    @property
    def environment(self):
        return {**super().environment, **self._compilers}

    @property
    def image(self):
        return self.kdir / self.target.architecture.image

    @property
    def tools_root(self):
        if "tools" not in self.target.fragments:
            raise Failure(f"the kernel of {self.target.name} is built without what --tools takes, for "
                          "it to be built soon; leave --tools away, or choose amd64-debug")
        return super().tools_root

    @property
    def guest_modules(self):
        """What a shared root takes is built in."""
        return ()

    @property
    def kdir(self):
        build_root, _ = self._together("root", "source")
        wanted = settings(self.target.fragments)
        text = "".join(f"{name}={value}\n" for name, value in sorted(wanted.items()))
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        key = f"{self.target.name}-{self.kernel.version}-{digest}-{build_root.name}"
        return self._built(key, f"kernel-{self.target.name}", functools.partial(self._build, wanted, text))

    def _build(self, wanted, text, directory, place, run):
        (directory / "wanted").write_text(text, encoding="utf-8")
        make = [*self.make, "-C", self.source, f"O={place}", "LOCALVERSION=",
                f"KERNELRELEASE={self.kernel.version.partition('-')[0]}-{self.target.name}",
                f"KCONFIG_ALLCONFIG={place}/wanted"]
        with step(f"kernel {self.target.name}") as current:
            run(current, *make, "allnoconfig")
            check(wanted, (directory / ".config").read_text(encoding="utf-8"), self.target.name)
            image = Path(self.target.architecture.image).name
            # In one run with the image: what the scripts ask for is not kept beyond it.
            scripts = ["scripts_gdb"] if wanted.get("CONFIG_GDB_SCRIPTS") == "y" else []
            run(current, *make, image, *scripts)
            run(current, *make, "modules_prepare")
            shutil.copy(directory / "vmlinux.symvers", directory / "Module.symvers")
            slim(directory)


def settings(fragments):
    """What the fragments ask for; a later one has the last word."""
    wanted = {}
    for fragment in fragments:
        text = (CONFIGS / fragment).read_text(encoding="utf-8")
        for name, value, unset in SETTING.findall(text):
            wanted[name or unset] = value or "n"
    return wanted


def check(wanted, text, name):
    """Every line has to be in the configuration that was made of it: kconfig drops what cannot be
    without a word."""
    made = {name or unset: value or "n" for name, value, unset in SETTING.findall(text)}
    lost = [f"{option}={value}" for option, value in wanted.items()
            if made.get(option, "n") != value]
    if lost:
        raise Failure(f"the configuration of {name} did not keep {', '.join(lost)}; something that "
                      "it depends on is missing in vm/configs, or this kernel has it no more")


def slim(directory):
    """Remove what nobody needs once all is linked, most of a build directory; modules need these three."""
    words = ["find", directory]
    for needed in ("scripts", "tools", "rust"):
        words += ["-path", directory / needed, "-prune", "-o"]
    subprocess.run([*words, "-regex", r".*\.\(o\|a\|cmd\)", "-exec", "rm", "{}", "+"], check=True)
