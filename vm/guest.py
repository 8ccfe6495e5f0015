# SPDX-License-Identifier: GPL-2.0
"""What a guest starts from: an initramfs with busybox, the modules and the command."""

import os
import shlex
import stat
import subprocess
import tempfile
from pathlib import Path

from report import Failure

INIT = Path(__file__).with_name("init")
# A file's size has so many bits in the archive.
LARGEST = (1 << 32) - 1
DIRECTORIES = ("bin", "dev", "etc", "guest", "proc", "root", "run", "sys", "tmp")


def collect(copies, modules=()):
    """What the guest gets: files and directories here by names there, links followed, all that is below a
    directory among them. `modules` are copied as well."""
    found, tops = {}, {}
    for path in (*modules, *copies):
        name = Path(os.path.abspath(path)).name
        _collect(found, name, path, (), path)
        if tops.setdefault(name, found[name]) != found[name]:
            raise Failure(f"--copy {path}: the guest has {tops[name]} by that name; rename one of them, "
                          "or copy a directory that has both")
    return found


def _collect(found, name, path, above, named):
    """Add a file, or a directory, which is in those `above`, with all that is below it."""
    try:
        real = path.resolve(strict=True)
        status = real.stat()
        if stat.S_ISDIR(status.st_mode):
            if not real.name:
                raise Failure(f"--copy {named}: {path} is all there is; name what the guest is to have")
            if any(directory.is_relative_to(real) for directory in above):
                raise Failure(f"--copy {named}: {path} is a link that leads around in a circle")
            found[name] = real
            for below in sorted(real.iterdir()):
                _collect(found, f"{name}/{below.name}", below, (*above, real), named)
        elif not stat.S_ISREG(status.st_mode):
            raise Failure(f"--copy {named}: {path} is neither a file nor a directory nor a link to one")
        elif status.st_size > LARGEST:
            raise Failure(f"--copy {named}: {path} is larger than the 4 GiB that a file can have here")
        elif not status.st_size and real.read_bytes()[:1]:
            raise Failure(f"--copy {named}: {path} does not say how large it is; copy what it holds")
        else:
            found[name] = real
    except FileNotFoundError:
        what = "is a link to nothing" if path.is_symlink() else "does not exist"
        raise Failure(f"--copy {named}: {path} {what}") from None
    except (OSError, RuntimeError) as error:
        raise Failure(f"--copy {named}: cannot read {path} ({getattr(error, 'strerror', error)})") from None


def size(files):
    """Bytes of all files."""
    return sum(path.stat().st_size for path in files.values() if path.is_file())


def write_initramfs(file, packer, busybox, settings, command, files, modules=None):
    """Write the initramfs; `files` maps names in the working directory to paths, see collect(). `packer` is
    a busybox that runs here, `busybox` the guest's.

    With `modules`, which may be none, the guest's root is the one that QEMU
    offers by 9p; they are loaded before.
    """
    lines = [f"{name}={shlex.quote(str(value))}\n" for name, value in settings.items()]
    texts = {"etc/passwd": "root::0:0:root:/root:/bin/sh\n", "etc/group": "root:x:0:\n",
             "guest/settings": "".join(lines), "guest/command": f"cd /root\nexec {shlex.join(command)}\n"}
    names = {"init": INIT, "bin/busybox": busybox}
    if modules is not None:
        names["guest/modules"] = None
        names.update((f"guest/modules/{path.name}", path) for path in modules)
    names.update((f"root/{name}", path) for name, path in files.items())
    with tempfile.TemporaryDirectory() as directory:
        stage = Path(directory)
        for name in DIRECTORIES:
            (stage / name).mkdir()
        (stage / "tmp").chmod(0o1777)
        for name, text in texts.items():
            (stage / name).write_text(text, encoding="utf-8", errors="surrogateescape")
        for name, path in names.items():
            if path is None or path.is_dir():
                (stage / name).mkdir()
            else:
                (stage / name).symlink_to(path)
        # It follows the links.
        result = subprocess.run([packer, "cpio", "-o", "-L", "-0", "-H", "newc", "-R", "0:0"], cwd=stage,
                                input=b"\0".join(map(os.fsencode, (*DIRECTORIES, *texts, *names))),
                                stdout=file, stderr=subprocess.PIPE)
    if result.returncode:
        raise Failure(f"what is copied could not be packed: {os.fsdecode(result.stderr).strip()}")
