# SPDX-License-Identifier: GPL-2.0
"""Run a command as root of its own namespaces, in a root directory of its own.

That is util-linux's unshare, and mounts. For anyone but root there is a user
namespace on top, in which he is root and his subordinate ids are the other
users. All mounts are private to these namespaces, and all processes in them die
with their first, so nothing is left behind however the command ends.
"""

import os
import shlex
import shutil
import signal
import subprocess

import report

NOBODY = 65534
DEVICES = ("null", "zero", "full", "random", "urandom")
# No user of the host, no capability and no way to any.
UNPRIVILEGED = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--")


def command(argv, root=None, binds=(), directory="/", at=(), confined=False,
            scratch=False):
    """The argument list that runs `argv` in namespaces of its own.

    The paths `binds` are seen in `root` where they are outside; `at` are pairs
    of a path and the place, not there outside, where it is seen. What is
    confined is nobody, can write nothing, but for a /tmp of its own where it is to
    have that as `scratch`, and has no network.
    """
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    if os.geteuid():
        words += ["--map-root-user", "--map-auto"]
    if confined:
        words += ["--net", "--ipc"]
        argv = [*UNPRIVILEGED, *argv]
    mounts = _furnish(str(root), binds, at, confined, scratch) if root else ["mount -t proc proc /proc || :"]
    if root:
        argv = ["chroot", root, "sh", "-c", 'cd "$0" && exec "$@"', directory, *argv]
    # The shell stays as the first process, and a Ctrl-C is for the command.
    lines = ["set -e", *mounts, "set +e", "trap : INT", shlex.join(map(str, argv)), "exit $?"]
    return [*words, "sh", "-c", "\n".join(lines)]


def _furnish(root, binds, at, confined, scratch):
    """Shell commands that mount what a program expects, and what it is to see."""
    def mount(*words):
        lines.append(shlex.join(["mount", *map(str, words)]))

    lines = []
    if confined:
        mount("--bind", root, root)
    # In a container with parts of /proc masked a fresh one is refused.
    proc = shlex.quote(f"{root}/proc")
    lines.append(f"mount -t proc proc {proc} 2>/dev/null || mount --rbind /proc {proc}")
    mount("-t", "tmpfs", "tmpfs", f"{root}/tmp")
    if confined:
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", f"{root}/dev")
        for device in DEVICES:
            lines.append(f": >{shlex.quote(root)}/dev/{device}")
            mount("--bind", f"/dev/{device}", f"{root}/dev/{device}")
    else:
        mount("--rbind", "/dev", f"{root}/dev")
    # Outer directories first, or they would hide what is mounted below them.
    for bind in sorted(map(str, binds)):
        lines.append(shlex.join(["mkdir", "-p", f"{root}{bind}"]))
        mount("--rbind", bind, f"{root}{bind}")
    # The mount points shall not appear outside: a tmpfs hides their neighbours.
    for parent in sorted({os.path.dirname(place) for _, place in at}):
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", f"{root}{parent}")
    for source, place in at:
        lines.append(shlex.join(["mkdir" if os.path.isdir(source) else "touch", f"{root}{place}"]))
        mount("--bind", source, f"{root}{place}")
    if confined:
        parents = {os.path.dirname(place) for _, place in at}
        for path in ("", "/proc", *([] if scratch else ["/tmp"]), "/dev", *parents, *(place for _, place in at)):
            mount("-o", "remount,bind,ro,nosuid,nodev", f"{root}{path}")
    return lines


def run(words, **options):
    """Run what command() made as we would be run: at our terminal, with a Ctrl-C for it alone."""
    with subprocess.Popen(report.dying_with_us(words), **options) as child:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: child.kill())
        status = child.wait()
    if status:
        report.look_further()
    return status if status >= 0 else 128 - status


def remove(path):
    """Remove a tree in which files may belong to subordinate ids."""
    try:
        shutil.rmtree(path)
    except PermissionError:
        if os.geteuid() == 0:
            raise
        subprocess.run(command(["rm", "-rf", "--", path]), check=True)
