# SPDX-License-Identifier: GPL-2.0
"""A table of processors (MADT) for the x86 machine "pc", which may have fewer."""

import struct

LOCAL_APIC = 0xFEE00000
IO_APIC = 0xFEC00000
PC_COMPATIBLE = 1
ENABLED = 1
LEVEL_HIGH = 0xD
# Interrupts that are not what ISA has them: the timer, and those of PCI.
OVERRIDES = ((0, 2, 0), (5, 5, LEVEL_HIGH), (9, 9, LEVEL_HIGH), (10, 10, LEVEL_HIGH),
             (11, 11, LEVEL_HIGH))


def madt(cpus):
    """The table, without the header that all ACPI tables have."""
    table = struct.pack("<II", LOCAL_APIC, PC_COMPATIBLE)
    for cpu in range(cpus):
        table += struct.pack("<BBBBI", 0, 8, cpu, cpu, ENABLED)
    table += struct.pack("<BBBBII", 1, 12, 0, 0, IO_APIC, 0)
    for source, interrupt, flags in OVERRIDES:
        table += struct.pack("<BBBBIH", 2, 10, 0, source, interrupt, flags)
    return table + struct.pack("<BBBHB", 4, 6, 0xFF, 0, 1)
