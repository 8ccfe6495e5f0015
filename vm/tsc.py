# SPDX-License-Identifier: GPL-2.0
"""The frequency of this processor's time stamp counter, which QEMU's emulation passes on."""

import ctypes
import mmap
import platform
import time

# rdtsc; shl $32, %rdx; or %rdx, %rax; ret
READ = bytes.fromhex("0f31 48c1e220 4809d0 c3")
# Every boot waits for so long; the kernel wants one in a hundred.
SECONDS = 0.01


def khz():
    """Measured, as a kernel in a guest does it wrongly if the machine is busy at that moment; None if
    this processor has no such counter.
    """
    if platform.machine() != "x86_64":
        return None
    try:
        with mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as page:
            page.write(READ)
            buffer = ctypes.c_char.from_buffer(page)
            read = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(buffer))
            time_1, tsc_1 = _both(read)
            time.sleep(SECONDS)
            time_2, tsc_2 = _both(read)
            del read, buffer
    except OSError:     # such memory is not to be had
        return None
    return round((tsc_2 - tsc_1) * 1_000_000 / (time_2 - time_1))


def _both(read):
    """Clock and counter at the same moment: of several pairs, that with the least time in between."""
    pairs = []
    for _ in range(10):
        before = time.monotonic_ns()
        tsc = read()
        pairs.append((time.monotonic_ns() - before, before, tsc))
    _, before, tsc = min(pairs)
    return before, tsc
