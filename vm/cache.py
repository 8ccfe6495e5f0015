# SPDX-License-Identifier: GPL-2.0
"""The cache outside the checkout: directories that are there as a whole or not at all.

An entry is made in a temporary directory beside its place and renamed when it
is complete. A lock per entry lets one run make it while others wait; it is
the kernel's (flock), so it ends with its holder. Whoever gets the lock
removes what a dead run left behind.
"""

import contextlib
import errno
import fcntl
import json
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import namespace
from report import Failure, note, step, stopping

MARK = "CACHE_OF_RUST_PERCPU"
LOW_SPACE = 256 << 20


def directory():
    """The cache's own directory, made if need be."""
    path = _place()
    if set(" \t\n:\"'") & set(str(path)):
        raise Failure(f"kbuild cannot work in {path}, for a blank, colon or quote in its name; "
                      "let RUST_PERCPU_CACHE name another directory")
    if not (path / MARK).exists():
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(entry.name != MARK for entry in path.iterdir()):
                raise Failure(f"{path} is not empty and not a cache of rust_percpu; "
                              "let RUST_PERCPU_CACHE name another directory")
            (path / MARK).touch()
        except OSError as error:
            raise Failure(f"cannot make the cache {path} ({error.strerror}); "
                          "let RUST_PERCPU_CACHE name another directory") from None
    return path


def _place():
    own = os.environ.get("RUST_PERCPU_CACHE")
    if own:
        return Path(own).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "rust_percpu"


def temporary():
    """A directory for what does not outlive the command that made it."""
    path = directory() / "tmp"
    path.mkdir(exist_ok=True)
    return path


def log(name):
    """The log file of a step."""
    return directory() / "log" / f"{name}.log"


def entry(kind, key, build):
    """The directory of the entry `key` of a kind; build(directory) makes its contents."""
    final = directory() / kind / key
    if final.is_dir():
        return final
    with lock(f"{kind}-{key}", f"{kind} {key}"):
        if not final.is_dir():
            _make(final, build)
    return final


def require_space():
    """apt and others do odd things on a full disk, such as to try again for ever."""
    if shutil.disk_usage(directory()).free < LOW_SPACE:
        raise _full()


def _full():
    return Failure(f"the disk of {directory()} is full; make room (8 GB are enough), "
                   "or let RUST_PERCPU_CACHE name a directory elsewhere")


def _make(final, build):
    require_space()
    final.parent.mkdir(parents=True, exist_ok=True)
    for left in final.parent.glob(f".{final.name}.*"):
        namespace.remove(left)
    temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    temporary.chmod(0o755)
    try:
        with clear_when_full():
            build(temporary)
            temporary.rename(final)
    except BaseException:
        with contextlib.suppress(OSError):
            namespace.remove(temporary)
        raise


@contextlib.contextmanager
def lock(name, what, shared=False):
    """Hold the lock `name`, alone or with others who share it; says so when it has to wait."""
    how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    path = directory() / "lock" / name
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
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
        temporary.write_text(text, encoding="utf-8")
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
