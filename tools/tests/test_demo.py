# SPDX-License-Identifier: GPL-2.0
"""tools/demo.sh fails if something that it shows does not work, on a module of files that are only files."""

import subprocess
import tempfile
import unittest
from pathlib import Path

DEMO = Path(__file__).resolve().parent.parent / "demo.sh"
INSMOD = """
for counter in static dynamic events/sched:sched_switch; do
	mkdir -p debug/$counter
	echo 1 >debug/$counter/total
	echo 0 1 >debug/$counter/per_cpu
done
mkdir -p tracing/events/rust_percpu
echo 'sh-1 [000] 1.0: rust_percpu_add: static' >tracing/trace
"""
TOOLS = {
    "insmod": INSMOD, "rmmod": "rm -r debug", "dmesg": "echo rust_percpu: counting",
    "taskset": 'shift 2; exec "$@"', "sleep": "",
}


class Demo(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        (self.scratch / "bin").mkdir()
        for name, script in TOOLS.items():
            self.tool(name, script)
        (self.scratch / "rust_percpu.ko").touch()
        text = DEMO.read_text(encoding="utf-8")
        # A file takes whatever it is given.
        for old, new in (("/sys/kernel/debug/rust_percpu", f"{self.scratch}/debug"),
                         ("/sys/kernel/tracing", f"{self.scratch}/tracing"),
                         ("echo -1 2>/dev/null", "${TAKES_ALL-false} 2>/dev/null")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        (self.scratch / "demo.sh").write_text(text, encoding="utf-8")

    def tool(self, name, script):
        path = self.scratch / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def run_it(self, **environment):
        path = f"{self.scratch}/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        # bash has what busybox's shell has in a guest.
        result = subprocess.run(["bash", "demo.sh"], cwd=self.scratch, text=True, check=False, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"PATH": path, **environment})
        return result.returncode, result.stdout

    def refused(self, shown, **environment):
        status, output = self.run_it(**environment)
        self.assertNotEqual(status, 0, output)
        self.assertIn(shown, output)
        self.assertNotIn("What to try next", output)

    def test_all_is_well(self):
        status, output = self.run_it()
        self.assertEqual(status, 0, output)
        self.assertIn("nothing left behind", output)

    def test_no_module(self):
        (self.scratch / "rust_percpu.ko").unlink()
        self.refused("there is no rust_percpu.ko")

    def test_files_left_behind(self):
        self.tool("rmmod", "")
        self.refused("debug is still there")

    def test_counting_fails(self):
        self.tool("taskset", 'case $* in *while*dynamic/add*) exit 1 ;; esac; shift 2; exec "$@"')
        self.refused("Every CPU counts")

    def test_a_file_cannot_be_read(self):
        self.tool("insmod", f"{INSMOD}\nrm debug/static/total; mkdir debug/static/total")
        self.refused("Every CPU counts")

    def test_no_trace_events(self):
        self.tool("insmod", f"{INSMOD}\necho none >tracing/trace")
        self.refused("Trace events")

    def test_nonsense_is_taken(self):
        self.refused("-1 was taken", TAKES_ALL="true")


if __name__ == "__main__":
    unittest.main()
