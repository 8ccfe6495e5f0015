# SPDX-License-Identifier: GPL-2.0
"""Our terminal, joined to the one that the command has in the guest."""

import contextlib
import os
import re
import select
import shutil
import signal
import termios
import tty

from report import Failure

ESCAPE = b"\x1d"    # Ctrl-]
END_OF_FILE = b"\x04"    # what a terminal has for it: Ctrl-D


class Output:
    """Passes on what comes between two lines that the guest's init writes.

    The lines begin with a mark that is random, so that no command can
    write them by accident.
    """

    def __init__(self, mark):
        self.mark = mark.encode()
        self.start = re.compile(re.escape(self.mark) + rb" start\r?\n")
        self.end = re.compile(re.escape(self.mark) + rb" end (\d+)\n")
        self.started = False
        self.status = None
        self.pending = b""

    def feed(self, data):
        """Take bytes from the guest; return those that the command wrote."""
        if self.status is not None:
            return b""
        self.pending += data
        if not self.started:
            found = self.start.search(self.pending)
            if not found:
                return b""
            self.started = True
            self._take(found.end())
        found = self.end.search(self.pending)
        if found:
            self.status = int(found[1])
            return self._take(found.start())
        return self._take(self._mark_may_begin())

    def rest(self):
        """What was held back when the guest ended too early."""
        return self._take(len(self.pending)) if self.started and self.status is None else b""

    def _mark_may_begin(self):
        at = self.pending.find(self.mark)
        if at >= 0:
            return at
        for length in range(min(len(self.mark), len(self.pending)), 0, -1):
            if self.pending.endswith(self.mark[:length]):
                return len(self.pending) - length
        return len(self.pending)

    def _take(self, count):
        taken, self.pending = self.pending[:count], self.pending[count:]
        return taken


@contextlib.contextmanager
def raw():
    """Hand every key to the guest, as long as this lasts."""
    if not os.isatty(0):
        yield
        return
    before = termios.tcgetattr(0)
    try:
        tty.setraw(0)
        yield
    finally:
        # A background job must not be stopped on its way out.
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def settings(interactive):
    """What the guest should know about our terminal."""
    known = {"TERM": os.environ.get("TERM", "dumb") if os.isatty(1) else "dumb"}
    if interactive:
        columns, lines = shutil.get_terminal_size()
        known.update(INTERACTIVE="keys" if os.isatty(0) else "pipe",
                     ROWS=lines, COLUMNS=columns)
    return known


def write(data):
    """Write to our stdout, which has room, as much as cannot block; returns how much that was."""
    try:
        return os.write(1, data[:select.PIPE_BUF])
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(f"cannot write to standard output ({error.strerror})") from None


def send(guest, data):
    """Send what was typed, or that nothing more will come."""
    if os.isatty(0) and ESCAPE in data:
        raise KeyboardInterrupt
    with contextlib.suppress(BrokenPipeError):
        guest.write(data or END_OF_FILE)
