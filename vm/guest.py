# SPDX-License-Identifier: GPL-2.0
"""What a guest starts from: an initramfs with busybox, the modules and the command."""

import os
import shlex
import stat
from pathlib import Path

INIT = Path(__file__).with_name("init")


class Cpio:
    """Writes an archive of the "newc" format, the one that the kernel unpacks."""

    def __init__(self, file):
        self.file = file
        self.inodes = {}
        self.known = set()

    def add(self, name, mode, data=b"", file=None):
        """Add one entry, after the directories that lead to it; all names of `file` are links."""
        parent = os.path.dirname(name)
        if parent and parent not in self.known:
            self.add(parent, stat.S_IFDIR | 0o755)
        if name in self.known and stat.S_ISDIR(mode):
            return
        self.known.add(name)
        self._entry(name, mode, data, file)

    def _entry(self, name, mode, data=b"", file=None):
        # Its contents come with its first name.
        data = b"" if file in self.inodes else data
        inode = self.inodes.setdefault(file or name, len(self.inodes) + 1)
        links = 2 if file else 1
        encoded = os.fsencode(name) + b"\0"
        fields = (inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        self._padded(header + encoded)
        self._padded(data)

    def _padded(self, data):
        self.file.write(data)
        self.file.write(b"\0" * (-len(data) % 4))

    def add_path(self, name, path):
        """Add a file, or a directory with all that is in it, as it is."""
        status = path.lstat()
        mode = status.st_mode
        if stat.S_ISLNK(mode):
            self.add(name, mode, os.fsencode(os.readlink(path)))
        elif stat.S_ISREG(mode):
            self.add(name, mode, path.read_bytes(), (status.st_dev, status.st_ino))
        elif stat.S_ISDIR(mode):
            self.add(name, mode)
            for below in sorted(path.iterdir()):
                self.add_path(f"{name}/{below.name}", below)

    def close(self):
        self._entry("TRAILER!!!", 0)


def write_initramfs(file, busybox, settings, command, files, modules=None):
    """Write the initramfs; `files` maps names in the working directory to paths.

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
