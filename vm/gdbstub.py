# SPDX-License-Identifier: GPL-2.0
"""QEMU's debug interface: gdb's remote protocol, as much of it as is needed.

https://sourceware.org/gdb/current/onlinedocs/gdb.html/Remote-Protocol.html
"""

import re
import select
import socket

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
        self._ask("qSupported:multiprocess+;vContSupported+")

    def close(self):
        self._socket.close()

    def _send(self, text):
        data = text.encode("ascii")
        self._socket.sendall(b"$%s#%02x" % (data, sum(data) & 255))

    def _receive(self):
        while True:
            begin = self._buffer.find(b"$")
            end = self._buffer.find(b"#", begin + 1)
            if begin >= 0 and end >= 0 and len(self._buffer) >= end + 3:
                packet = self._buffer[begin + 1:end]
                self._buffer = self._buffer[end + 3:]
                self._socket.sendall(b"+")
                return packet.decode("ascii")
            data = self._socket.recv(65536)
            if not data:
                raise Gone
            self._buffer += data

    def _ask(self, text):
        self._send(text)
        return self._receive()

    def _order(self, text):
        if (answer := self._ask(text)) != "OK":
            raise ValueError(f"{text[:40]}: {answer}")

    def read(self, address, size):
        """Memory, as the CPU sees it that stopped last."""
        data = b""
        while len(data) < size:
            part = min(CHUNK, size - len(data))
            answer = self._ask(f"m{address + len(data):x},{part:x}")
            if len(answer) != 2 * part:
                raise ValueError(f"memory at {address:#x}: {answer}")
            data += bytes.fromhex(answer)
        return data

    def write(self, address, data):
        for at in range(0, len(data), CHUNK):
            part = data[at:at + CHUNK]
            self._order(f"M{address + at:x},{len(part):x}:{part.hex()}")

    def registers(self):
        return bytes.fromhex(self._ask("g"))

    def set_breakpoint(self, address):
        self._order(f"Z0,{address:x},1")

    def clear_breakpoint(self, address):
        self._order(f"z0,{address:x},1")

    def step(self, thread):
        """One instruction of one CPU, with interrupts masked; the others stand still."""
        self._send(f"vCont;s:{thread}")
        return self.stopped()

    def go(self):
        """All CPUs; they stop at a breakpoint, or when asked to."""
        self._send("vCont;c")

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
