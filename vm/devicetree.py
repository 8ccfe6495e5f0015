# SPDX-License-Identifier: GPL-2.0
"""A change to a flattened device tree, as QEMU writes it for machines that have one."""

import struct

TOTAL_SIZE = 4
BEGIN_NODE, END_NODE, PROP, NOP = 1, 2, 3, 4


def set_cell(tree, name, value):
    """The tree with another value in the properties of that name, which are one cell each.

    It comes without the room at its end, which Linux would take for too much.
    """
    position, strings, length = struct.unpack_from(">8xII16xI", tree)
    tree = bytearray(tree[:strings + length])
    struct.pack_into(">I", tree, TOTAL_SIZE, len(tree))
    found = 0
    while (token := _cell(tree, position)) in (BEGIN_NODE, END_NODE, PROP, NOP):
        position += 4
        if token == BEGIN_NODE:
            position = _aligned(tree.index(0, position) + 1)
        elif token == PROP:
            length, offset = struct.unpack_from(">II", tree, position)
            position += 8
            start = strings + offset
            if tree[start:tree.index(0, start)] == name.encode() and length == 4:
                struct.pack_into(">I", tree, position, value)
                found += 1
            position = _aligned(position + length)
    if not found:
        raise ValueError(f"no {name} in the device tree")
    return bytes(tree)


def _cell(tree, position):
    return struct.unpack_from(">I", tree, position)[0]


def _aligned(position):
    return position + 3 & ~3
