# SPDX-License-Identifier: GPL-2.0
"""What a guest starts from: an initramfs with busybox, the modules and the command."""

import os
import shlex
import shutil
import stat
from pathlib import Path

from report import Failure

INIT = Path(__file__).with_name("init")
# A file's size has so many bits in the archive.
LARGEST = (1 << 32) - 1


def collect(copies, modules=()):
    """What the guest gets: paths here by names there, files and links and directories, all that is
    below a directory among them. `modules` are copied as well."""
    found, tops = {}, {}
    for path in (*modules, *copies):
        real = Path(os.path.realpath(path))
        if not real.exists():
            raise Failure(f"--copy {path}: there is no such file")
        if not real.name:
            raise Failure(f"--copy {path}: that is all there is; name what the guest is to have")
        name = Path(os.path.abspath(path)).name
        if tops.setdefault(name, real) != real:
            raise Failure(f"--copy {path}: the guest has {tops[name]} by that name; rename one of them, "
                          "or copy a directory that has both")
        _collect(found, name, real, (real,), path)
    return found


def _collect(found, name, path, tops, named):
    """Add a file, or a directory with all that is below it. Links stay links within the last of `tops`;
    what they lead to elsewhere is copied."""
    try:
        if path.is_symlink():
            real = Path(os.path.realpath(path))
            if not real.exists():
                raise Failure(f"--copy {named}: {path} is a link to nothing")
            if real.is_relative_to(tops[-1]) and not os.path.isabs(os.readlink(path)):
                found[name] = path
                return
            if any(top.is_relative_to(real) for top in tops) or path.is_relative_to(real):
                raise Failure(f"--copy {named}: {path} is a link that leads around in a circle")
            path, tops = real, (*tops, real)
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            found[name] = path
            for below in sorted(path.iterdir()):
                _collect(found, f"{name}/{below.name}", below, tops, named)
        elif stat.S_ISREG(mode):
            found[name] = path
            if path.stat().st_size > LARGEST:
                raise Failure(f"--copy {named}: {path} is larger than the 4 GiB that a file can have here")
        else:
            raise Failure(f"--copy {named}: {path} is neither a file nor a directory nor a link to one")
    except OSError as error:
        raise Failure(f"--copy {named}: cannot read {error.filename} ({error.strerror})") from None


def size(files):
    """Bytes of all files."""
    return sum(path.stat().st_size for path in files.values() if path.is_file() and not path.is_symlink())


class Cpio:
    """Writes an archive of the "newc" format, the one that the kernel unpacks."""

    def __init__(self, file):
        self.file = file
        self.inodes = {}
        self.known = set()

    def add(self, name, mode, data=b"", identity=None):
        """Add one entry, after the directories that lead to it."""
        parent = os.path.dirname(name)
        if parent and parent not in self.known:
            self.add(parent, stat.S_IFDIR | 0o755)
        if name in self.known and stat.S_ISDIR(mode):
            return
        self.known.add(name)
        self._entry(name, mode, len(data), identity)
        self._padded(data)

    def _entry(self, name, mode, size, identity=None):
        inode = self.inodes.setdefault(identity or name, len(self.inodes) + 1)
        links = 2 if identity else 1
        encoded = os.fsencode(name) + b"\0"
        fields = (inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, len(encoded), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        self._padded(header + encoded)

    def _padded(self, data):
        self.file.write(data)
        self.file.write(b"\0" * (-len(data) % 4))

    def add_path(self, name, path):
        """Add a file, a link, or a directory without what is in it."""
        status = path.lstat()
        mode = status.st_mode
        if stat.S_ISLNK(mode):
            self.add(name, mode, os.fsencode(os.readlink(path)))
        elif stat.S_ISDIR(mode):
            self.add(name, mode)
        else:
            self._add_file(name, path)

    def _add_file(self, name, path):
        """All names of a file are links; its contents come with the first."""
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            identity = (status.st_dev, status.st_ino)
            if identity in self.inodes:
                self.add(name, status.st_mode, identity=identity)
                return
            parent = os.path.dirname(name)
            if parent not in self.known:
                self.add(parent, stat.S_IFDIR | 0o755)
            self.known.add(name)
            self._entry(name, status.st_mode, status.st_size, identity)
            before = self.file.tell()
            shutil.copyfileobj(file, self.file, 1 << 20)
            if self.file.tell() - before != status.st_size:
                raise Failure(f"{path} changed while it was copied; try again")
            self.file.write(b"\0" * (-status.st_size % 4))

    def close(self):
        self._entry("TRAILER!!!", 0, 0)


def write_initramfs(file, busybox, settings, command, files, modules=None):
    """Write the initramfs; `files` maps names in the working directory to paths, see collect().

    With `modules`, which may be none, the guest's root is the one that QEMU
    offers by 9p; they are loaded before.
    """
    archive = Cpio(file)
    for name in ("proc", "sys", "dev", "run", "root"):
        archive.add(name, stat.S_IFDIR | 0o755)
    archive.add("tmp", stat.S_IFDIR | 0o1777)
    for name, target in (("sbin", "bin"), ("usr/bin", "../bin"), ("usr/sbin", "../bin")):
        archive.add(name, stat.S_IFLNK | 0o777, target.encode())
    archive.add("etc/passwd", stat.S_IFREG | 0o644, b"root::0:0:root:/root:/bin/sh\n")
    archive.add("etc/group", stat.S_IFREG | 0o644, b"root:x:0:\n")
    archive.add("bin/busybox", stat.S_IFREG | 0o755, busybox.read_bytes())
    archive.add("init", stat.S_IFREG | 0o755, INIT.read_bytes())
    lines = [f"{name}={shlex.quote(str(value))}" for name, value in settings.items()]
    archive.add("guest/settings", stat.S_IFREG | 0o644, ("\n".join(lines) + "\n").encode())
    script = f"cd /root\nexec {shlex.join(command)}\n"
    archive.add("guest/command", stat.S_IFREG | 0o644, script.encode())
    if modules is not None:
        archive.add("guest/modules", stat.S_IFDIR | 0o755)
    for path in modules or ():
        archive.add_path(f"guest/modules/{path.name}", path)
    for name, path in files.items():
        archive.add_path(f"root/{name}", path)
    archive.close()
