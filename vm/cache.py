# SPDX-License-Identifier: GPL-2.0
"""The cache outside the checkout: directories that are there as a whole or not at all.

An entry is made in a temporary directory beside its place and renamed when it
is complete and on the disk. A lock per entry lets one run make it while others
wait; it is the kernel's (flock), so it ends with its holder. Whoever makes an
entry removes what dead runs left behind.

A manifest has the sizes of an entry's files. What has lost some is made anew:
of large entries the largest files are looked at each time, and all of them
when a command has failed.
"""

import contextlib
import errno
import fcntl
import itertools
import json
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import namespace
import report
from report import Failure, note, step, stopping

MARK = "CACHE_OF_RUST_PERCPU"
ELSEWHERE = "let RUST_PERCPU_CACHE name another directory"
LOW_SPACE = 256 << 20
# What kbuild, make or the shell take for something else in a path.
SPECIAL = set(" \t\n:;\"'`$#%&|<>()[]{}*?!\\,")
# Files whose sizes are looked at each time: more of them would be felt.
LOOKED_AT = 1000
# apt and dpkg write there in an entry of theirs.
CHANGES = re.compile(r"(root/)?(etc|var/cache|var/lib/apt|var/log)/")
# Entries that were found whole, or made, by this process.
_whole = {}


def directory():
    """The cache's own directory, made if need be; no one else's."""
    path = _place()
    try:
        if not (path / MARK).exists():
            path.mkdir(parents=True, exist_ok=True)
            if any(entry.name != MARK for entry in path.iterdir()):
                raise Failure(f"{path} is not empty and not a cache of rust_percpu; {ELSEWHERE}")
            (path / MARK).touch()
        _require_own(path)
    except OSError as error:
        raise Failure(f"cannot make the cache {path} ({error.strerror}); {ELSEWHERE}") from None
    return path


def _require_own(path):
    """Programs in the cache are run: nobody else may have put them there."""
    for found in (path, path / MARK):
        status = found.stat()
        if status.st_uid != os.geteuid():
            raise Failure(f"the cache {path} is that of {user(status.st_uid)}, who could have put "
                          f"anything there; {ELSEWHERE}")
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise Failure(f"others may write to the cache {path}; remove it if they could have, "
                          f"else: chmod -R go-w {path}")
    if not os.access(path, os.W_OK):
        raise Failure(f"the cache {path} cannot be written to; {ELSEWHERE}")


def user(number):
    """A user's name, if he has one."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"the user with the number {number}"


def _place():
    name = os.environ.get("RUST_PERCPU_CACHE")
    if not name:
        name = os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "rust_percpu")
    try:
        path = Path(name).expanduser().resolve()
    except RuntimeError:
        raise Failure(f"there is no home directory for the cache {name}; {ELSEWHERE}") from None
    require_plain(path, f"the cache cannot be there; {ELSEWHERE}")
    return path


def require_plain(path, what):
    """kbuild cannot work everywhere."""
    if special := SPECIAL & set(str(path)):
        raise Failure(f"kbuild cannot work in {path}, for the {min(special)!r} in its name: {what}")


def log(name):
    """The log file of a step."""
    return directory() / "log" / f"{name}.log"


def entry(kind, key, build):
    """The directory of the entry `key` of a kind; build(directory) makes its contents."""
    final = directory() / kind / key
    if final in _whole or final.is_dir() and _is_whole(final):
        return final
    with lock(f"{kind}-{key}", f"{kind} {key}"):
        if final.is_dir() and not _is_whole(final):
            note(f"{final} has lost some of its files ({_lost(final)[0]}); it is made anew")
            _discard(final)
        if not final.is_dir():
            _make(final, build)
    return final


def _manifest(final):
    return directory() / "manifest" / f"{final.parent.name}-{final.name}"


def _is_whole(final):
    """Whether the files that are looked at are as they were made."""
    if not _manifest(final).exists():
        # Made before there were manifests.
        _write_manifest(final, final)
    if _lost(final):
        return False
    _whole[final] = True
    return True


def _write_manifest(final, made):
    """The sizes of all files of an entry, the largest first."""
    found = subprocess.run(["find", made, "-type", "f", "-printf", "%s %P\\n"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, check=False).stdout
    sizes = (line.split(" ", 1) for line in os.fsdecode(found).split("\n")[:-1])
    kept = sorted(((int(size), name) for size, name in sizes if not CHANGES.match(name)), reverse=True)
    write_text(_manifest(final), "".join(f"{size} {name}\n" for size, name in kept))


def _lost(final, everything=False):
    """The files of an entry that are not as they were made."""
    with open(_manifest(final), encoding="utf-8", errors="surrogateescape") as lines:
        files = (line[:-1].split(" ", 1) for line in itertools.islice(lines, None if everything else LOOKED_AT))
        return [name for size, name in files if _size(f"{final}/{name}") != int(size)]


def _size(path):
    try:
        return os.lstat(path).st_size
    except OSError:
        return None


def _discard(final):
    """Take an entry away at once, and then remove it."""
    aside = final.with_name(f".{final.name}.lost")
    final.rename(aside)
    namespace.remove(aside)


def look_for_damage():
    """After a failure: take broken entries that this process has used away."""
    for final in _whole:
        if lost := _lost(final, everything=True):
            note(f"{final} has lost some of its files ({lost[0]}), which may be why; "
                 "it is gone now, and made anew the next time")
            with lock(f"{final.parent.name}-{final.name}", str(final)):
                _discard(final)


report.at_failure.append(look_for_damage)


def require_space():
    """apt and others do odd things on a full disk, such as to try again for ever."""
    if shutil.disk_usage(directory()).free < LOW_SPACE:
        raise _full()


def _full():
    return Failure(f"the disk of {directory()} is full; make room (8 GB are enough), "
                   f"or {ELSEWHERE}")


def _make(final, build):
    require_space()
    final.parent.mkdir(parents=True, exist_ok=True)
    _sweep(final)
    temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    temporary.chmod(0o755)
    try:
        with clear_when_full():
            build(temporary)
            _write_manifest(final, temporary)
            subprocess.run(["sync", "-f", temporary], check=True)
            temporary.rename(final)
            _whole[final] = True
    except BaseException:
        with contextlib.suppress(OSError):
            namespace.remove(temporary)
        raise


def _sweep(final):
    """Remove what dead runs left of this entry, and of others that nobody makes now."""
    for left in directory().glob("*/.*.*"):
        kind, key = left.parent.name, left.name[1:].rpartition(".")[0]
        if left.with_name(key) == final:
            namespace.remove(left)
        elif left.is_dir():
            with contextlib.suppress(BlockingIOError), lock(f"{kind}-{key}", None):
                namespace.remove(left)


@contextlib.contextmanager
def lock(name, what, shared=False):
    """Hold the lock `name`, alone or with others who share it. Who has to wait says what for; without
    that there is no waiting, but an error."""
    how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    path = directory() / "lock" / name
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if not what:
                raise
            with step(f"waiting for another run that makes {what}"):
                _wait_for_lock(file, how)
        yield


def _wait_for_lock(file, how):
    """Ask again and again: a thread that sleeps in flock() could not be told to give up."""
    while True:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if stopping():
                raise KeyboardInterrupt from None
            time.sleep(0.2)


@contextlib.contextmanager
def clear_when_full():
    """Turn errors that come from a full disk into a sentence that says so."""
    try:
        yield
    except (OSError, Failure) as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or shutil.disk_usage(directory()).free < LOW_SPACE:
            raise _full() from error
        raise


def write_text(path, text):
    """Replace a small file as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        temporary.write_text(text, encoding="utf-8", errors="surrogateescape")
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def write_json(path, value):
    """Replace a small file by a value."""
    write_text(path, json.dumps(value, indent=1) + "\n")


def read_json(path):
    """What write_json() wrote, or None."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def drop():
    """Remove the whole cache, but nothing that is not one."""
    path = _place()
    if not path.exists():
        note(f"there is no cache at {path}")
        return
    if not (path / MARK).is_file():
        raise Failure(f"{path} is not a cache of rust_percpu ({MARK} is not in it); "
                      "nothing removed")
    with step(f"removing {path}"):
        # The mark goes last: an interrupted removal can be started again.
        for name in sorted(path.iterdir(), key=lambda name: name.name == MARK):
            if name.is_dir() and not name.is_symlink():
                namespace.remove(name)
            else:
                name.unlink()
        path.rmdir()
