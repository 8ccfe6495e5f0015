# SPDX-License-Identifier: GPL-2.0
"""Tests of gdbstub.py against a stub of our own."""

import re
import socket
import sys
import tempfile
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "selftests/interleave"))
from gdbstub import CHUNK, Gone, Stub      # noqa: E402


class OtherSide(threading.Thread):
    """Has 64 KiB of memory, and stops as soon as it goes on; ends when asked for a step of CPU 9."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.memory = bytearray(range(256)) * 256
        self.asked = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()

    def run(self):
        with self._listener, self._listener.accept()[0] as connection:
            data = b""
            while part := connection.recv(65536):
                data += part
                while packet := re.match(rb"\+*\$([^#]*)#(..)", data):
                    data = data[packet.end():]
                    assert int(packet[2], 16) == sum(packet[1]) & 255
                    answer = self.answer(packet[1].decode())
                    if answer is None:
                        return
                    # In two parts, as they may come.
                    whole = f"+${answer}#{sum(answer.encode()) & 255:02x}".encode()
                    connection.sendall(whole[:3])
                    connection.sendall(whole[3:])

    def answer(self, text):
        self.asked.append(text)
        if read := re.fullmatch(r"m([0-9a-f]+),([0-9a-f]+)", text):
            at, size = (int(number, 16) for number in read.groups())
            return bytes(self.memory[at:at + size]).hex() if at + size <= len(self.memory) else "E14"
        if written := re.fullmatch(r"M([0-9a-f]+),([0-9a-f]+):([0-9a-f]*)", text):
            at, data = int(written[1], 16), bytes.fromhex(written[3])
            assert len(data) == int(written[2], 16)
            self.memory[at:at + len(data)] = data
            return "OK"
        if text == "vCont;s:p01.09":
            return None
        return {"vCont;c": "T05thread:p01.02;", "g": "0011", "Z0,10,1": "E22"}.get(text, "")


class StubTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.other = OtherSide(Path(directory.name, "gdb"))
        self.other.start()
        self.stub = Stub(Path(directory.name, "gdb"))
        self.addCleanup(self.stub.close)

    def test_memory(self):
        """What does not fit into a packet goes in several."""
        self.assertEqual(self.stub.read(3, 2 * CHUNK + 5), bytes(self.other.memory[3:2 * CHUNK + 8]))
        data = bytes(7 for _ in range(CHUNK + 1))
        self.stub.write([(1000, data)])
        self.assertEqual(bytes(self.other.memory[999:1001 + len(data)]),
                         bytes([999 & 255]) + data + bytes([(1000 + len(data)) & 255]))

    def test_pieces(self):
        registers, (first, second) = self.stub.look([(5, 2), (9, CHUNK + 1)])
        self.assertEqual((registers, first), (b"\x00\x11", b"\5\6"))
        self.assertEqual(second, bytes(self.other.memory[9:10 + CHUNK]))
        self.stub.write([(0, b"ab"), (4, b"c")])
        self.assertEqual(bytes(self.other.memory[:5]), b"ab\2\3c")

    def test_refused(self):
        with self.assertRaisesRegex(ValueError, "memory at 0x20000: E14"):
            self.stub.look([(0, 4), (0x20000, 4), (4, 4)])
        self.assertEqual(self.stub.read(4, 2), b"\4\5")
        with self.assertRaisesRegex(ValueError, "E22"):
            self.stub.set_breakpoint(0x10)

    def test_stops(self):
        self.stub.go()
        self.assertEqual(self.stub.stopped(60), "p01.02")
        self.assertEqual(self.stub.registers(), b"\x00\x11")
        self.assertIsNone(self.stub.stopped(0.01))

    def test_gone(self):
        with self.assertRaises(Gone):
            self.stub.step("p01.09")


if __name__ == "__main__":
    unittest.main()
