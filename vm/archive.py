# SPDX-License-Identifier: GPL-2.0
"""The distribution's package archive, read with the host's apt.

apt gets a directory of its own in the cache, so this works as an ordinary
user, for any suite and architecture, and touches nothing of the host. Where
the archive is, which keys sign it and how it is reached (proxies) is taken
from the host's settings.
"""

import functools
import os
import re
import subprocess
import tempfile
from pathlib import Path

import cache
import host
import namespace
from report import Absent, Failure, ToolFailure, note, step

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Settings of the host that hold for us as well: how to reach and what to trust.
SETTING = re.compile(r"Acquire::(http|https|ftp|Check-Valid-Until|Check-Date|Max-ValidTime|"
                     r"Min-ValidTime|Retries|ForceIPv4|ForceIPv6|Proxy|Source-Symlinks)\b",
                     re.IGNORECASE)


class Archive:
    """Some suites of the archive for one architecture."""

    def __init__(self, suites, architecture):
        self.name = f"{suites[0]}-{architecture}"
        self.suites = suites
        self.architecture = architecture
        self.directory = cache.directory() / "archive" / self.name
        self._prepared = False

    def update(self):
        """Fetch the package lists.

        The suites other than stable expire a week after they were made. A
        mirror that lags then makes apt refuse them, so they are asked for
        again without that check, and it is said.
        """
        cache.require_space()
        with self._lock():
            self._configure(check_expiry=True)
            with step(f"package lists of {', '.join(self.suites)}") as current:
                try:
                    self._update(current)
                    expired = False
                except ToolFailure as failure:
                    if "is expired" not in failure.output:
                        raise
                    note("warning: the mirror's package lists are older than their expiry "
                         "date; going on with them (signatures are still checked)")
                    self._configure(check_expiry=False)
                    self._update(current)
                    expired = True
            cache.write_json(self.directory / "lists.json", {"expired": expired})

    def prepare(self):
        """Make ready for use: the lists as fetched before, the host's settings as of now."""
        if self._prepared:
            return
        lists = cache.read_json(self.directory / "lists.json")
        if lists is None:
            self.update()
        else:
            self._configure(check_expiry=not lists["expired"])

    def _update(self, current):
        current.run(["apt-get", "update", "--error-on=any"], cache.log(f"apt-{self.name}"),
                    env=self._environment())

    def _lock(self, shared=False):
        """Lists are not to be read while they are fetched: packages would seem to be missing."""
        return cache.lock(f"archive-{self.name}", f"the package lists of {self.name}", shared)

    @property
    def settings_file(self):
        """apt's settings, also for others that run apt."""
        return self.directory / "settings"

    def _configure(self, check_expiry):
        for name in ("etc/preferences.d", "etc/apt.conf.d", "state/lists/partial",
                     "cache/archives/partial"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        (self.directory / "state/status").touch()
        settings = [*host.apt_settings(SETTING), 'Acquire::Languages "none";',
                    'APT::Sandbox::User "root";']
        if not check_expiry:
            settings.append('Acquire::Check-Valid-Until "false";')
        cache.write_text(self.settings_file, "\n".join(settings) + "\n")
        places = {"Dir": "", "Dir::State": "state", "Dir::State::status": "state/status",
                  "Dir::Cache": "cache", "Dir::Etc": "etc",
                  "Dir::Etc::sourcelist": "sources.list"}
        lines = [f'{key} "{self.directory / place}";' for key, place in places.items()]
        lines += [f'APT::Architecture "{self.architecture}";',
                  f'APT::Architectures {{ "{self.architecture}"; }};',
                  'Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";']
        cache.write_text(self.directory / "apt.conf", "\n".join(lines + settings) + "\n")
        cache.write_text(self.directory / "sources.list", "\n".join(self.sources()) + "\n")
        self._prepared = True

    def sources(self):
        """The lines of a sources.list."""
        address, keyring = self._source
        signed = f"[signed-by={keyring}] " if keyring else ""
        return [f"deb {signed}{address} {suite} main" for suite in self.suites]

    @functools.cached_property
    def _source(self):
        return host.debian_source() or self._default_source()

    def _default_source(self):
        """Where mmdebstrap would go by itself, on a host that knows no Debian archive."""
        hook = 'cat "$1/etc/apt/sources.list"; exit 1'    # that is all we want of it
        with tempfile.TemporaryDirectory(dir=cache.directory()) as scratch:
            words = ["mmdebstrap", "--mode=root", "--variant=custom", f"--setup-hook={hook}",
                     self.suites[0], f"{scratch}/root"]
            shown = subprocess.run(namespace.command(words), capture_output=True, text=True)
        found = re.search(r"^deb (?:\[.*?\] )?(\S+) ", shown.stdout + shown.stderr,
                          re.MULTILINE)
        if not found:
            raise Failure("this host's apt knows no Debian archive; add one to "
                          "/etc/apt/sources.list.d")
        return found[1], KEYRING if KEYRING.exists() else None

    def _environment(self):
        return {**os.environ, "APT_CONFIG": str(self.directory / "apt.conf"), "LC_ALL": "C"}

    def _cache(self, *arguments):
        self.prepare()
        with self._lock(shared=True):
            result = subprocess.run(["apt-cache", *arguments], env=self._environment(),
                                    capture_output=True, text=True)
        return result.stdout

    def packages(self, pattern):
        """The names of packages that match a regular expression."""
        listed = self._cache("search", "--names-only", pattern)
        return [line.split(" ", 1)[0] for line in listed.splitlines()]

    def package(self, name, version=None):
        """The fields of a package, the newest or a certain version; or None."""
        text = self._cache("show", "--no-all-versions", f"{name}={version}" if version else name)
        fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
        return fields or None

    def download(self, names, version, into, current):
        """Fetch packages of one version as files into a directory."""
        self.prepare()
        try:
            with self._lock(shared=True):
                current.run(["apt-get", "download", *(f"{name}={version}" for name in names)],
                            cache.log(f"download-{names[0]}"), env=self._environment(), cwd=into)
        except ToolFailure as failure:
            if re.search(r"404|Unable to locate|was not found", failure.output):
                raise Absent(f"the archive no longer has {', '.join(names)} {version}; look for "
                             "a newer kernel with: vm/kdir --update") from None
            raise
