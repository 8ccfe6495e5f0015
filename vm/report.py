# SPDX-License-Identifier: GPL-2.0
"""What a person sees: steps with the time they take, notes, and failures in one sentence.

Everything goes to stderr; stdout belongs to the result. A step says that it
begins, now and then that it goes on, and how long it took.
"""

import concurrent.futures
import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time

INTERVAL = 10.0
TAIL_LINES = 15
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Failure(Exception):
    """A foreseeable error. Its text is one clear sentence with the way out."""


class Absent(Failure):
    """The archive does not have what a target takes."""


_lock = threading.RLock()
_steps = []
_children = set()
_stopping = False
_patience = None
# Called when a command fails: each may say what else was found.
at_failure = []
# The caller's: what is built in the checkout has it, the cache another.
umask = os.umask(0o022)
os.umask(umask)


def lose_patience(seconds):
    """From now on nobody who does not read what we say holds us up for longer."""
    global _patience
    _patience = seconds


def note(text):
    """Say something that is worth knowing."""
    data = f"{text}\n".encode(errors="replace")
    with _lock, contextlib.suppress(OSError):      # there is nobody else to be told
        while data and select.select([], [2], [], _patience)[1]:
            # A pipe that can be written to takes so much.
            data = data[os.write(2, data[:select.PIPE_BUF]):]


def _tick():
    while True:
        time.sleep(INTERVAL)
        for current in list(_steps):
            if current.seconds >= INTERVAL:
                note(f"  {current.label}: {current.seconds:.0f} s")


def quote(lines):
    """Show what another program said."""
    note("\n".join(f"  | {line}" for line in lines))


class Step:
    """One long step: a label, and how long it takes."""

    def __init__(self, label):
        self.label = label
        self.start = time.monotonic()
        self.outcome = None

    @property
    def seconds(self):
        return time.monotonic() - self.start

    def run(self, argv, log, **options):
        """Run a tool with its output in the file `log`; show the end of it if it fails."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "w+", encoding="utf-8", errors="replace") as out:
            child = start_tool(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, **options)
            try:
                status = child.wait()
            finally:
                end_tool(child)
            if status:
                out.seek(0)
                raise ToolFailure(self.label, status, log, "".join(out.readlines()[-TAIL_LINES:]))


class ToolFailure(Failure):
    """A tool that Step.run() ran came back with an error, and the end of what it said."""

    def __init__(self, label, status, log, output):
        super().__init__(f"{label} failed with status {status}; its whole output is in {log}")
        self.output = output


@contextlib.contextmanager
def step(label):
    """Announce a long step, and say in the end how long it took."""
    if not any(thread.name == _tick.__name__ for thread in threading.enumerate()):
        threading.Thread(target=_tick, name=_tick.__name__, daemon=True).start()
    note(f"{label} ...")
    current = Step(label)
    _steps.append(current)
    try:
        yield current
        note(f"{label}: {f'{current.outcome}, ' if current.outcome else ''}{current.seconds:.1f} s")
    finally:
        _steps.remove(current)


def dying_with_us(argv):
    """The command that runs `argv` until it ends or we do; not at all if we ended before it could be told."""
    return ["setpriv", "--pdeathsig", "KILL", "--", "sh", "-c", '[ $PPID = "$0" ] && exec "$@"',
            str(os.getpid()), *map(str, argv)]


def start_tool(argv, **options):
    """Start a child that dies with us, whatever kills us.

    A session of its own keeps a Ctrl-C at the terminal from reaching it
    before us, so that there is one place that decides what is cleaned up.
    """
    if _stopping:
        raise KeyboardInterrupt
    child = subprocess.Popen(dying_with_us(argv), start_new_session=True, **options)
    _children.add(child)
    return child


def end_tool(child):
    """See to it that a child from start_tool() is gone."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.stdout:
        child.stdout.close()
    _children.discard(child)


def stop_tools():
    """End every child, and start no more: the tool is on its way out."""
    global _stopping
    _stopping = True
    for child in list(_children):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def together(*jobs):
    """Run jobs side by side; all of them have ended on return. Returns their results."""
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(job) for job in jobs]
        try:
            for future in concurrent.futures.as_completed(futures):
                future.result()
        except BaseException:
            stop_tools()
            raise
    return [future.result() for future in futures]


def stopping():
    """Whether the tool is on its way out; what waits in a thread asks now and then."""
    return _stopping


def _interrupted(signum, _frame):
    # Once is enough: cleaning up is not to be interrupted.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt(signum)


def main(function, failure_status=1, absent_status=None):
    """Run a command's main function; foreseeable errors become a sentence and a status."""
    name = os.path.join("vm", os.path.basename(sys.argv[0]))
    os.umask(0o022)
    for number in SIGNALS:
        signal.signal(number, _interrupted)
    try:
        _require_streams()
        sys.exit(function())
    except BrokenPipeError:
        # Whoever read our output has enough, and nobody hears the last of it.
        stop_tools()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(128 + signal.SIGPIPE)
    except (Failure, OSError) as failure:
        if isinstance(failure, ToolFailure):
            quote(failure.output.splitlines())
        note(f"{name}: {failure}")
        look_further()
        absent = absent_status and isinstance(failure, Absent)
        sys.exit(absent_status if absent else failure_status)
    except KeyboardInterrupt as interrupt:
        stop_tools()
        note(f"{name}: interrupted")
        sys.exit(128 + (interrupt.args[0] if interrupt.args else signal.SIGINT))


def look_further():
    """After a failure: say what may be behind it."""
    for look in at_failure:
        with contextlib.suppress(Failure, OSError):
            look()


def _require_streams():
    """A file that takes the place of a closed stream would get what is meant for that."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            if number == 1:
                raise Failure("standard output is closed; give it a file, or /dev/null") from None
