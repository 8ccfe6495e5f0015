# SPDX-License-Identifier: GPL-2.0
"""The modules of the distribution's kernel that a guest loads before anything else."""

import lzma
import re

# With these a guest can have a directory of the host as its root.
SHARED_ROOT = ("9pnet_virtio", "9p", "overlay")


def pick(directory, names, into):
    """Write the modules `names`, and what they need, named in the order of loading."""
    for number, path in enumerate(with_dependencies(directory, names)):
        name = path.name.partition(".")[0]
        (into / f"{number:02}-{name}.ko").write_bytes(_contents(path))


def with_dependencies(directory, names):
    """The files of modules, each after those that it depends on."""
    files = {path.name.partition(".")[0].replace("-", "_"): path
             for path in directory.rglob("*.ko*")}
    order = []

    def visit(name):
        path = files.get(name.replace("-", "_"))
        if path is None or path in order:
            return      # built in, or there already
        for dependency in _depends(path):
            visit(dependency)
        order.append(path)

    for name in names:
        visit(name)
    return order


def _depends(path):
    """What the module says in its .modinfo section."""
    found = re.search(rb"\0depends=([^\0]*)\0", _contents(path))
    return found[1].decode().split(",") if found and found[1] else []


def _contents(path):
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data
