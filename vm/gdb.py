# SPDX-License-Identifier: GPL-2.0
"""Read by gdb after the kernel's scripts: adds what these leave out."""

import gdb
from linux.symbols import LxSymbols


def _section_arguments(self, module, address, _known=LxSymbols._section_arguments):
    """Where a module's sections are; its per-CPU variables have a place of their own."""
    words = _known(self, module, address)
    percpu = int(module["percpu"])
    return f"{words} -s .data..percpu {percpu:#x}" if percpu else words


LxSymbols._section_arguments = _section_arguments
gdb.execute("set pagination off")
