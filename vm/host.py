# SPDX-License-Identifier: GPL-2.0
"""What the host has: tools, and its own way to a Debian archive."""

import functools
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import cache
from report import Failure, step

APT = Path("/etc/apt")
# Tool (or file) and the package that has it.
TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
    "tar": "tar",
    "xz": "xz-utils",
    "setpriv": "util-linux",
}
USER_TOOLS = {"newuidmap": "uidmap"}
KEYRINGS = {"/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring"}


def require_tools():
    """See to it that the host has the few tools that make a build root."""
    tools = dict(TOOLS)
    if os.geteuid() != 0:
        tools.update(USER_TOOLS)
    missing = [package for tool, package in tools.items() if not shutil.which(tool)]
    missing += [package for path, package in KEYRINGS.items() if not Path(path).exists()]
    if not missing:
        return
    missing = sorted(set(missing))
    command = f"apt-get install {' '.join(missing)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Failure(f"this host lacks {', '.join(missing)}; install with: {command}")
    with step(f"installing on this host: {' '.join(missing)}") as current:
        log = cache.log("host-packages")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        current.run(["apt-get", "update"], log, env=environment)
        current.run(["apt-get", "install", "--yes", "--no-install-recommends", *missing], log,
                    env=environment)


@functools.cache
def architecture():
    """The host's architecture, as packages spell it."""
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def apt_settings(wanted):
    """Lines of the host's apt settings whose name matches."""
    result = subprocess.run(["apt-config", "dump", "--no-empty"], capture_output=True, text=True)
    return [line for line in result.stdout.splitlines() if wanted.match(line)]


def debian_source():
    """Address and keyring of the Debian archive that the host uses, or None."""
    for address, suites, components, keyring in _sources():
        if "main" in components and _looks_like_debian(suites):
            if not (keyring and Path(keyring).exists()):
                keyring = next((path for path in KEYRINGS if Path(path).exists()), None)
            return address, keyring
    return None


def _looks_like_debian(suites):
    names = {"stable", "testing", "unstable", "sid", "oldstable"}
    release = _os_release()
    if release.get("ID") == "debian" and "VERSION_CODENAME" in release:
        names.add(release["VERSION_CODENAME"])
    return bool(names & set(suites))


def _os_release():
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return {}
    return {key: value.strip('"') for key, value in re.findall(r"^(\w+)=(.*)$", text, re.M)}


def _sources():
    """(address, suites, components, keyring) of all binary package sources."""
    folder = APT / "sources.list.d"
    for path in sorted(folder.glob("*.sources")):
        yield from _deb822(_read(path))
    for path in [APT / "sources.list", *sorted(folder.glob("*.list"))]:
        yield from _one_line(_read(path))


def _read(path):
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _deb822(text):
    text = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    for stanza in re.split(r"\n\s*\n", text):
        fields = {key.lower(): value.strip() for key, value in
                  re.findall(r"^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)", stanza, re.MULTILINE)}
        if "deb" not in fields.get("types", "").split():
            continue
        if fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        signed = fields.get("signed-by", "")
        for address in fields.get("uris", "").split():
            yield (address, fields.get("suites", "").split(),
                   fields.get("components", "").split(),
                   signed if signed.startswith("/") else None)


def _one_line(text):
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+([^#]*)", line)
        if found:
            options, address, suite, components = found.groups()
            signed = re.search(r"signed-by=(\S+)", options or "")
            yield address, [suite], components.split(), signed[1] if signed else None
