# SPDX-License-Identifier: GPL-2.0
"""The distribution's package archive, read with the distribution's own apt.

That is in a small root of its own, which build roots begin as; it works as an
ordinary user and for any suite and architecture. Where the archive is, which
keys sign it and how it is reached (proxies) is taken from the host's settings.
"""

import contextlib
import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

import cache
import host
import namespace
from report import Absent, Failure, ToolFailure, step

# Settings of the host that hold for us as well: how to reach and what to trust.
SETTING = re.compile(r"Acquire::(http|https|ftp|Check-Valid-Until|Check-Date|Max-ValidTime|"
                     r"Min-ValidTime|Retries|ForceIPv4|ForceIPv6|Proxy|Source-Symlinks)\b",
                     re.IGNORECASE)
# Set to anything: go on with lists that are older than their makers say they are good for.
EXPIRED = "RUST_PERCPU_EXPIRED_LISTS"
# Documentation and translations, which nobody reads in there.
UNWANTED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


class Archive:
    """Some suites of the archive for one architecture."""

    def __init__(self, suites, architecture):
        names = [suite for suite in suites if suite == suites[0] or not suite.startswith(suites[0])]
        self.name = f"{'-'.join(names)}-{architecture}"
        self.suites = suites
        self.architecture = architecture
        self._lists = f"var/lib/apt/lists-{architecture}"

    @property
    def root(self):
        """The root with apt and little else."""
        return cache.entry("apt", f"{'-'.join(self.suites)}-{host.architecture()}", self._make) / "root"

    def _make(self, directory):
        address, keyring = host.debian_source() or (None, None)
        settings = directory / "settings"
        settings.write_text("\n".join(self._settings()) + "\n", encoding="utf-8")
        # What mmdebstrap leaves when it is killed goes with the entry.
        temporary = directory / "tmp"
        temporary.mkdir()
        suite = self.suites[0]
        words = ["mmdebstrap", "--mode=root", "--variant=apt", "--format=directory", "--verbose",
                 f"--architectures={host.architecture()}", f"--aptopt={settings}",
                 "--dpkgopt=force-unsafe-io", *(f"--dpkgopt=path-exclude={path}" for path in UNWANTED),
                 suite, directory / "root"]
        if address:
            words.append(f"deb {f'[signed-by={keyring}] ' if keyring else ''}{address} {suite} main")
        with step(f"apt of {suite}") as current:
            current.run(namespace.command(words), cache.log(f"apt-{suite}"),
                        env={**os.environ, "TMPDIR": str(temporary)})
        namespace.remove(temporary)
        # With all suites, and where the keyring is in there. A host without a Debian archive has mmdebstrap's.
        sources = directory / "root/etc/apt/sources.list"
        found = re.search(r"^deb (?:\[.*?\] )?(\S+) ", sources.read_text(encoding="utf-8"), re.MULTILINE)
        signed = ""
        if keyring:
            shutil.copy(keyring, directory / "root/etc/apt/keyrings")
            signed = f"[signed-by=/etc/apt/keyrings/{keyring.name}] "
        sources.write_text("".join(f"deb {signed}{found[1]} {suite} main\n" for suite in self.suites),
                           encoding="utf-8")

    @staticmethod
    def _settings():
        return [*host.apt_settings(SETTING), 'Acquire::Languages "none";', 'APT::Sandbox::User "root";',
                *(['Acquire::Check-Valid-Until "false";'] if os.environ.get(EXPIRED) else [])]

    def update(self):
        """Fetch the package lists.

        The suites other than stable expire a week after they were made. A
        mirror that lags then makes apt refuse them.
        """
        cache.require_space()
        self._prepare()
        with cache.lock(*self._locked), step(f"package lists of {', '.join(self.suites)}, "
                                             f"{self.architecture}") as current:
            (self.root / self._lists / "partial").mkdir(parents=True, exist_ok=True)
            try:
                current.run(self._apt("apt-get", "update", "--error-on=any"), cache.log(f"apt-{self.name}"),
                            env=environment())
            except ToolFailure as failure:
                if "is expired" not in failure.output:
                    raise
                raise Failure("the mirror's package lists are older than they may be, so it does not keep up "
                              f"or hides updates; try another, or set {EXPIRED}=1 to go on with them "
                              "(signatures are still checked)") from None
            self._fetched.touch()

    @functools.cache
    def _prepare(self):
        """Give apt the host's settings as of now, and names of hosts."""
        for name in ("resolv.conf", "hosts"):
            with contextlib.suppress(FileNotFoundError):
                cache.write_text(self.root / "etc" / name, Path("/etc", name).read_text(encoding="utf-8"))
        cache.write_text(self.root / "etc/apt/apt.conf.d/99mmdebstrap", "\n".join(self._settings()) + "\n")

    def _require_lists(self):
        self._prepare()
        if not self._fetched.exists():
            self.update()

    @property
    def _fetched(self):
        """A file that says that the lists have once been fetched to the end."""
        return self.root / f"{self._lists}.fetched"

    @property
    def _locked(self):
        """Lists are not to be read while they are fetched: packages would seem to be missing."""
        return f"archive-{self.name}", f"the package lists of {self.name}"

    def _apt(self, tool, *arguments, binds=(), directory="/"):
        """A command of apt, about our architecture."""
        words = [tool, f"-oAPT::Architecture={self.architecture}", f"-oDir::State::lists=/{self._lists}/",
                 f"-oDir::Cache::pkgcache=pkgcache-{self.architecture}.bin",
                 f"-oDir::Cache::srcpkgcache=srcpkgcache-{self.architecture}.bin", *arguments]
        return namespace.command(words, self.root, binds, directory)

    def _cache(self, *arguments, again=True):
        self._require_lists()
        with cache.lock(*self._locked, shared=True):
            result = subprocess.run(self._apt("apt-cache", *arguments), env=environment(),
                                    capture_output=True, text=True, check=False)
        # That a package is not there is an error as well.
        broken = [line for line in result.stderr.splitlines()
                  if line.startswith("E:") and "No packages found" not in line]
        if not broken:
            return result.stdout
        if not again:
            raise Failure(f"the package lists of {self.name} cannot be read: {broken[0]}")
        with cache.lock(*self._locked):
            self._fetched.unlink(missing_ok=True)
            namespace.remove(self.root / self._lists)
        return self._cache(*arguments, again=False)

    def packages(self, pattern):
        """The names of packages that match a regular expression."""
        listed = self._cache("search", "--names-only", pattern)
        return [line.split(" ", 1)[0] for line in listed.splitlines()]

    def package(self, name, version=None):
        """The fields of a package, the newest or a certain version; or None."""
        text = self._cache("show", "--no-all-versions", f"{name}={version}" if version else name)
        fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
        return fields or None

    def fetch(self, name, version, into, current):
        """Download a version of a package and unpack it into a directory."""
        self._require_lists()
        words = self._apt("apt-get", "download", f"{name}={version}", binds=[into], directory=into)
        try:
            with cache.lock(*self._locked, shared=True):
                current.run(words, cache.log(f"download-{name}"), env=environment())
        except ToolFailure as failure:
            if re.search(r"404|Unable to locate|was not found", failure.output):
                raise Absent(f"the archive no longer has {name} {version}; look for a newer kernel with: "
                             "vm/kdir --update") from None
            raise
        for package in into.glob("*.deb"):
            current.run(namespace.command(["dpkg-deb", "-x", package, into], self.root, [into]),
                        cache.log(f"unpack-{name}"))
            package.unlink()

    def install(self, packages, directory, log, current):
        """Make a root with packages of the first suite."""
        self._require_lists()
        with cache.lock(*self._locked, shared=True):
            current.run(namespace.command(["cp", "-a", "--reflink=auto", f"{self.root}/.", directory]), log)
        lists = directory / "var/lib/apt/lists"
        namespace.remove(lists)
        (directory / self._lists).rename(lists)
        environ = {**environment(), "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["apt-get", "install", "--yes", "--no-install-recommends", *packages],
                      ["sh", "-c", "apt-get clean; rm -rf /var/lib/apt/lists* /var/cache/apt/*.bin"]):
            current.run(namespace.command(words, directory), log, env=environ)


def environment():
    """The environment for commands in a root: of the host's settings only its proxies mean something."""
    kept = ("HOME", "TERM", "COLUMNS", "http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy")
    return {**{name: os.environ[name] for name in kept if name in os.environ},
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
