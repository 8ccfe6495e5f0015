# SPDX-License-Identifier: GPL-2.0
"""Run a command as root of its own namespaces, in a root directory of its own.

Root needs mount and PID namespaces, anyone else a user namespace on top, in
which he is root and his subordinate ids are the other users. All mounts are
private to these namespaces and all processes in them die with their first, so
nothing is left behind however the command ends.

This file is also a program: what has threads cannot enter a user namespace
itself, so it starts this one (see command()).
"""

import argparse
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys

from report import Failure

# <linux/sched.h>, <linux/mount.h>, <linux/prctl.h>
CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
PR_SET_PDEATHSIG = 1

IDS = 65536

_libc = ctypes.CDLL(None, use_errno=True)


def command(argv, root=None, binds=(), directory=None, moved=()):
    """The argument list that runs `argv` in namespaces of its own.

    The paths `binds` are seen in `root` where they are outside; `moved` are
    pairs of a directory and the place, not there outside, where it is seen.
    """
    words = [sys.executable, "-S", os.path.abspath(__file__)]
    if root:
        words.append(f"--root={root}")
    if directory:
        words.append(f"--directory={directory}")
    words += [f"--bind={bind}" for bind in binds]
    for source, target in moved:
        words += ["--move", str(source), str(target)]
    return [*words, "--", *map(str, argv)]


def remove(path):
    """Remove a tree in which files may belong to subordinate ids."""
    if os.geteuid() == 0:
        shutil.rmtree(path)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        subprocess.run(command(["rm", "-rf", "--", path]), check=True)


def run(argv, root=None, binds=(), directory=None, moved=()):
    """Enter new namespaces, run `argv` there and return its exit status."""
    _enter(CLONE_NEWNS | CLONE_NEWPID)
    init = os.fork()
    if init == 0:
        _die_with_parent()
        try:
            status = _init(argv, root, binds, directory, moved)
        except (Failure, OSError) as error:
            print(error, file=sys.stderr)
            status = 125
        os._exit(status)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.kill(init, signal.SIGKILL))
    # A Ctrl-C is for the command, which gets it from the terminal as we do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return _status(os.waitpid(init, 0)[1])


def _enter(flags):
    if os.geteuid() == 0:
        _unshare(flags)
        return
    uid_map, gid_map = (_id_map(path) for path in ("/etc/subuid", "/etc/subgid"))
    parent = os.getpid()
    ready_read, ready_write = os.pipe()
    mapper = os.fork()
    if mapper == 0:
        os.close(ready_write)
        go = os.read(ready_read, 1)
        ok = go and all(subprocess.run([tool, str(parent), *ids]).returncode == 0
                        for tool, ids in (("newuidmap", uid_map), ("newgidmap", gid_map)))
        os._exit(0 if ok else 1)
    try:
        _unshare(flags | CLONE_NEWUSER)
        os.write(ready_write, b"!")
    finally:
        os.close(ready_write)
        os.close(ready_read)
        mapped = os.waitpid(mapper, 0)[1] == 0
    if not mapped:
        raise Failure("newuidmap could not map the subordinate ids of /etc/subuid and "
                      "/etc/subgid; run as root, or have an administrator repair these")
    os.setgid(0)
    os.setuid(0)


def _id_map(path):
    """Root is the user himself, everyone else one of his subordinate ids."""
    name = pwd.getpwuid(os.geteuid()).pw_name
    own = os.geteuid() if path.endswith("subuid") else os.getegid()
    try:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                who, start, count = line.strip().split(":")
                if who in (name, str(os.geteuid())) and int(count) >= IDS - 1:
                    return ["0", str(own), "1", "1", start, str(IDS - 1)]
    except (OSError, ValueError):
        pass
    raise Failure(f"{path} has no range of {IDS} ids for {name}; run as root, or have an "
                  f"administrator run: usermod --add-subuids 100000-165535 "
                  f"--add-subgids 100000-165535 {name}")


def _unshare(flags):
    if _libc.unshare(flags) == 0:
        return
    if os.geteuid() == 0:
        raise Failure("root may not make mount namespaces here; start the container that this "
                      "seems to be with the capability SYS_ADMIN (--privileged)")
    raise Failure(f"namespaces are not allowed here ({os.strerror(ctypes.get_errno())}); "
                  "run as root, or allow user namespaces (see sysctl "
                  "kernel.unprivileged_userns_clone, user.max_user_namespaces and "
                  "kernel.apparmor_restrict_unprivileged_userns)")


def _mount(source, target, kind=None, flags=0, data=None):
    encode = lambda text: None if text is None else os.fsencode(text)
    if _libc.mount(encode(source), encode(target), encode(kind), flags, encode(data)):
        error = ctypes.get_errno()
        raise OSError(error, f"cannot mount {source} on {target}: {os.strerror(error)}")


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _init(argv, root, binds, directory, moved):
    """The first process of the PID namespace: mounts, starts the command, reaps."""
    directory = directory or os.getcwd()
    _mount(None, "/", flags=MS_REC | MS_PRIVATE)
    if root:
        _furnish(root, binds, moved)
        os.chroot(root)
        os.chdir(directory)
    else:
        _mount_proc("/proc")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        try:
            os.execvp(argv[0], argv)
        except OSError as error:
            print(f"{argv[0]}: {error.strerror}", file=sys.stderr)
        os._exit(127)
    while True:
        pid, status = os.wait()
        if pid == child:
            return _status(status)


def _furnish(root, binds, moved):
    """Mount what a program expects, and `binds` at the very same paths as outside."""
    _mount_proc(f"{root}/proc")
    _mount("/dev", f"{root}/dev", flags=MS_BIND | MS_REC)
    _mount("tmpfs", f"{root}/tmp", "tmpfs")
    # Outer directories first, or they would hide what is mounted below them.
    for bind in sorted(binds):
        os.makedirs(f"{root}{bind}", exist_ok=True)
        _mount(bind, f"{root}{bind}", flags=MS_BIND | MS_REC)
    for source, target in moved:
        # The mount point shall not appear outside: a tmpfs hides its neighbours.
        _mount("tmpfs", f"{root}{os.path.dirname(target)}", "tmpfs")
        os.mkdir(f"{root}{target}")
        _mount(source, f"{root}{target}", flags=MS_BIND)


def _mount_proc(target):
    try:
        _mount("proc", target, "proc")
    except PermissionError:
        # In a container with parts of /proc masked a fresh one is refused.
        _mount("/proc", target, flags=MS_BIND | MS_REC)


def _status(status):
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root")
    parser.add_argument("--directory")
    parser.add_argument("--bind", action="append", default=[])
    parser.add_argument("--move", action="append", default=[], nargs=2)
    parser.add_argument("argv", nargs="+")
    options = parser.parse_args()
    try:
        return run(options.argv, options.root, options.bind, options.directory,
                   options.move)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 125


if __name__ == "__main__":
    sys.exit(_main())
