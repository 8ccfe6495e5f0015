# SPDX-License-Identifier: GPL-2.0
"""What the host has: a few tools, the right to make namespaces, and its own way to a Debian archive."""

import contextlib
import functools
import os
import platform
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import cache
import namespace
from report import Failure, note, step

# Tool (or file) and the package that has it.
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
TOOLS = {"mmdebstrap": "mmdebstrap", "apt-get": "apt", "tar": "tar", "xz": "xz-utils", "unshare": "util-linux"}
USER_TOOLS = {"newuidmap": "uidmap"}
INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends")
IDS = 65536


def require_tools(as_user=False):
    """See to it that the host has the few tools that make a build root, and lets us run them."""
    tools = {**TOOLS, **(USER_TOOLS if as_user or os.geteuid() else {})}
    missing = {package for tool, package in tools.items() if not shutil.which(tool)}
    missing |= {"debian-archive-keyring"} if not KEYRING.exists() else set()
    if missing:
        _install(sorted(missing))
    probe = subprocess.run(namespace.command(["true"]), capture_output=True, text=True, check=False)
    if probe.returncode:
        raise Failure(_why_not(probe.stderr.strip()))


def _install(missing):
    words = [*INSTALL, *missing]
    if os.geteuid() or not shutil.which("apt-get"):
        raise Failure(f"this host lacks {', '.join(missing)}; install with: {' '.join(words)}")
    note(f"this host lacks {', '.join(missing)}, by which the build root is made; you are root, so this "
         f"is run now, and changes this host: {' '.join(words)}")
    with step(f"installing on this host: {' '.join(missing)}") as current:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update"], words):
            current.run(command, cache.log("host-packages"), env=environment)


def _why_not(said):
    """Why namespaces are not to be had, and what helps."""
    if "unrecognized option" in said:
        return "unshare of this host is too old; install util-linux 2.38 or newer"
    if os.geteuid() == 0:
        return (f"root may not make namespaces here ({said}); start the container that this seems to be "
                "with the capability SYS_ADMIN (--privileged)")
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return (f"{cache.user(os.geteuid())} has no name in /etc/passwd, and so no subordinate ids; "
                "run as root, or as a user that has")
    for path in ("/etc/subuid", "/etc/subgid"):
        if not _has_ids(path, name):
            return (f"{path} has no range of {IDS} ids for {name}; run as root, or have an administrator "
                    f"run: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {name}")
    return (f"namespaces are not allowed here ({said}); run as root, or allow user namespaces (see sysctl "
            "kernel.unprivileged_userns_clone, user.max_user_namespaces and "
            "kernel.apparmor_restrict_unprivileged_userns)")


def _has_ids(path, name):
    try:
        lines = [line.split(":") for line in Path(path).read_text(encoding="utf-8").split()]
        return any(who in (name, str(os.geteuid())) and int(count) >= IDS - 1 for who, _, count in lines)
    except (OSError, ValueError):
        return False


@functools.cache
def architecture():
    """The host's architecture, as packages spell it."""
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def apt_settings(wanted):
    """Lines of the host's apt settings whose name matches."""
    result = subprocess.run(["apt-config", "dump", "--no-empty"], capture_output=True, text=True, check=False)
    return [line for line in result.stdout.splitlines() if wanted.match(line)]


def debian_source():
    """Address and keyring of the Debian archive that the host's apt uses, or None."""
    names = {"stable", "testing", "unstable", "sid", "oldstable"}
    with contextlib.suppress(OSError):
        release = platform.freedesktop_os_release()
        if release["ID"] == "debian":
            names.add(release.get("VERSION_CODENAME"))
    # What apt would ask for, as it understands its sources in their many forms.
    listed = subprocess.run(["apt-get", "update", "--print-uris"], capture_output=True, text=True, check=False)
    for address, suite in re.findall(r"^'(\S+?)/dists/(.+?)/main/binary-", listed.stdout, re.MULTILINE):
        if suite in names:
            return address, _keyring(address)
    return None


def _keyring(address):
    """The keyring that apt's sources name for an address, else the usual one."""
    folder = Path("/", *(line.split('"')[1] for line in apt_settings(re.compile("Dir::Etc "))))
    for path in (folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))):
        with contextlib.suppress(OSError):
            text = path.read_text(encoding="utf-8", errors="replace")
            named = re.search(r"signed-by\s*[:=]\s*(/[^\s\]]+)", text, re.IGNORECASE)
            if address in text and named and Path(named[1]).exists():
                return Path(named[1])
    return KEYRING if KEYRING.exists() else None
