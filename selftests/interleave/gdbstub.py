# SPDX-License-Identifier: GPL-2.0
"""QEMU's debug interface: gdb's remote protocol, as much of it as is needed.

https://sourceware.org/gdb/current/onlinedocs/gdb.html/Remote-Protocol.html
"""

import re
import select
import socket
from itertools import accumulate, pairwise

# Of memory in a packet, in hexadecimal, with what stands before it.
CHUNK = 1900


class Gone(Exception):
    """The other side has ended."""


class Stub:
    """A guest that was started with `vm/run --gdb`."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._buffer = b""
        self._ask(["qSupported:multiprocess+;vContSupported+"])

    def close(self):
        self._socket.close()

    def _send(self, texts):
        packets = (text.encode("ascii") for text in texts)
        self._socket.sendall(b"".join(b"$%s#%02x" % (data, sum(data) & 255) for data in packets))

    def _receive(self):
        while True:
            begin = self._buffer.find(b"$")
            end = self._buffer.find(b"#", begin + 1)
            if begin >= 0 and end >= 0 and len(self._buffer) >= end + 3:
                packet = self._buffer[begin + 1:end]
                self._buffer = self._buffer[end + 3:]
                return packet.decode("ascii")
            data = self._socket.recv(65536)
            if not data:
                raise Gone
            self._buffer += data

    def _ask(self, texts):
        """The answers to all of them, asked at once: to wait for each would take most of the time. An
        answer needs no acknowledgement where another question follows.
        """
        self._send(texts)
        return [self._receive() for _ in texts]

    def _order(self, texts):
        for text, answer in zip(texts, self._ask(texts)):
            if answer != "OK":
                raise ValueError(f"{text[:40]}: {answer}")

    def look(self, pieces):
        """The registers of the CPU that stopped last, and memory as it sees it, of so many (address,
        size).
        """
        parts = [(address + at, min(CHUNK, size - at))
                 for address, size in pieces for at in range(0, size, CHUNK)]
        registers, *answers = self._ask(["g", *(f"m{address:x},{size:x}" for address, size in parts)])
        for (address, size), answer in zip(parts, answers):
            if len(answer) != 2 * size:
                raise ValueError(f"memory at {address:#x}: {answer}")
        data = memoryview(bytes.fromhex("".join(answers)))
        ends = [0, *accumulate(size for _, size in pieces)]
        return bytes.fromhex(registers), [bytes(data[begin:end]) for begin, end in pairwise(ends)]

    def read(self, address, size):
        return self.look([(address, size)])[1][0]

    def write(self, pieces):
        """Memory, of so many (address, data)."""
        parts = [(address + at, data[at:at + CHUNK])
                 for address, data in pieces for at in range(0, len(data), CHUNK)]
        self._order([f"M{address:x},{len(data):x}:{data.hex()}" for address, data in parts])

    def registers(self):
        return self.look([])[0]

    def set_breakpoint(self, address):
        self._order([f"Z0,{address:x},1"])

    def clear_breakpoint(self, address):
        self._order([f"z0,{address:x},1"])

    def step(self, thread):
        """One instruction of one CPU, with interrupts masked; the others stand still."""
        self._send([f"vCont;s:{thread}"])
        return self.stopped()

    def go(self):
        """All CPUs; they stop at a breakpoint, or when asked to."""
        self._send(["vCont;c"])

    def interrupt(self):
        self._socket.sendall(b"\x03")

    def stopped(self, timeout=None):
        """Which CPU has stopped, once one has; None if that takes too long."""
        if not self._buffer and not select.select([self._socket], [], [], timeout)[0]:
            return None
        answer = self._receive()
        if not (thread := re.search(r"thread:(p[0-9a-f]+\.[0-9a-f]+);", answer)):
            raise ValueError(f"did not stop: {answer}")
        return thread[1]
