# SPDX-License-Identifier: GPL-2.0
"""The commands as a person runs them, with what comes into a guest and what of the host QEMU gets."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

VM = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(VM))

import cache
import namespace
import qemu
import targets
from own import tree_for

# When something has surely gone wrong, on a busy machine too.
SECONDS = 300
MODULE = """
#include <linux/module.h>
MODULE_LICENSE("GPL");
"""


def run(name, *words, **options):
    """A command's status, output and messages."""
    result = subprocess.run([VM / name, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, errors="replace", check=False, timeout=SECONDS, **options)
    return result.returncode, result.stdout, result.stderr


class ScratchTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name).resolve()


class WordsTest(ScratchTest):
    """Whatever is typed, one sentence says what is wrong and what to do."""

    def refused(self, pattern, name, *words, **environment):
        status, _, said = run(name, *words, cwd=self.scratch, env={**os.environ, **environment})
        self.assertNotEqual(status, 0)
        self.assertNotIn("Traceback", said)
        self.assertRegex(said, pattern)

    def test_run(self):
        for value in ("nan", "inf", "-5"):
            self.refused("no number of seconds; 0 stands for", "run", f"--timeout={value}", "--", "true")
        for value in ("0", "64M", "1"):
            self.refused("too little .* would be the least", "run", "--memory", value, "--", "true")
        with open(self.scratch / "large", "wb") as file:
            file.truncate(1 << 30)
        self.refused("too little for what is copied", "run", "--memory", "2G", "--copy", "large", "--", "true")
        self.refused("no amount of memory; say it as", "run", "--memory", "much", "--", "true")
        self.refused("more than the .* of this machine", "run", "--memory", "9000G", "--", "true")
        self.refused("nothing does not exist", "run", "--copy", "nothing", "--", "true")
        self.refused("name what the guest is to have", "run", "--copy", "/", "--", "true")
        self.refused("cannot write the console log", "run", "--console", "/proc/log", "--", "true")

    def test_targets(self):
        for name in ("run", "make", "kdir", "in-root", "gdb", "../tools/test", "../selftests/mistakes/run"):
            words = ["--", "true"] if name in ("run", "in-root") else []
            self.refused("there is no target x86; there are amd64, ", name, "--target", "x86", *words)

    def test_cache(self):
        self.refused("no home directory", "kdir", RUST_PERCPU_CACHE="~no-such-user/cache")
        self.refused("kbuild cannot work in", "kdir", RUST_PERCPU_CACHE=str(self.scratch / "a b"))
        self.refused("not a cache", "kdir", RUST_PERCPU_CACHE="/etc")
        other = self.scratch / "other"
        other.mkdir()
        (other / cache.MARK).touch()
        other.chmod(0o777)
        self.refused("others may write", "kdir", RUST_PERCPU_CACHE=str(other))
        if os.geteuid() == 0:
            other.chmod(0o755)
            os.chown(other, 12345, 12345)
            self.refused("the number 12345, who could have put", "kdir", RUST_PERCPU_CACHE=str(other))

    def test_make(self):
        self.refused("there is no such directory", "make", f"M={self.scratch}/none", "modules")
        self.refused("kbuild cannot work in", "make", f"M={self.scratch}/a b", "modules")
        self.refused("kbuild cannot work in", "make", f"M={self.scratch}/a:b", "modules")
        self.refused("a directory further below", "make", "M=/usr", "modules")
        self.refused("modules_install takes INSTALL_MOD_PATH", "make", "modules_install")

    def test_a_checkout_in_an_odd_place(self):
        for character in sorted(cache.SPECIAL):
            checkout = self.scratch / f"my{character}checkout"
            shutil.copytree(VM, checkout / "vm", ignore=shutil.ignore_patterns("tests", "__pycache__"))
            shutil.copy(VM.parent / "Makefile", checkout)
            ours = [["vm/make", "modules"]] if character in " '$#" else []
            for words in (["make", "-s", "modules", "KDIR=/nowhere"], *ours):
                # Before anything is downloaded, so no cache is needed.
                result = subprocess.run(words, cwd=checkout, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                        check=False, env={**os.environ, "RUST_PERCPU_CACHE": "/proc/nothing"})
                self.assertNotEqual(result.returncode, 0)
                self.assertRegex(result.stderr, r"(?s)^[\w:/ ]*[*: ]*kbuild cannot work in .*move the checkout")
                self.assertEqual(result.stderr.replace(str(checkout), "").count("\n"), 1, result.stderr)

    def test_streams(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([VM / "run", "--", "echo", "a"], stdout=full, stderr=subprocess.PIPE,
                                    text=True, check=False)
        self.assertEqual(result.returncode, 125)
        self.assertRegex(result.stderr, "cannot write to standard output .No space left on device")
        result = subprocess.run(["sh", "-c", 'exec "$0" -- true >&-', VM / "run"], stderr=subprocess.PIPE,
                                text=True, check=False)
        self.assertEqual((result.returncode, result.stderr),
                         (125, "vm/run: standard output is closed; give it a file, or /dev/null\n"))


class ConfinedTest(unittest.TestCase):
    """What QEMU is of the host, and what it sees."""

    SCRIPT = """
        grep -E '^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs):' /proc/self/status | tr -s '\\t ' ' '
        echo net: $(tail -n +3 /proc/net/dev | cut -d: -f1)
        echo dev: $(ls /dev)
        [ $(ls -d /proc/[0-9]* | wc -l) -lt 10 ] || echo sees the processes of others
        echo home: $(find /home /mnt /srv /media -type f)
        for directory in / /tmp /run /dev /proc/sys/kernel /usr /var /var/tmp /run/shared; do
            if ( : >$directory/new ) 2>/dev/null; then echo can write $directory; fi
        done
        ( : >/run/kernel ) 2>/dev/null && echo can write the kernel
        ( echo x >/proc/sys/kernel/core_pattern ) 2>/dev/null && echo can write sysctls
        cat /run/kernel >/dev/null && echo reads the kernel
        cat /etc/shadow >/dev/null 2>&1 && echo reads what root may
        exit 7
    """

    def test_it_is_nobody_and_writes_nothing(self):
        tree = tree_for(targets.TARGETS["amd64"])
        with tempfile.TemporaryDirectory() as shared:
            os.chmod(shared, 0o777)
            words = namespace.command(["sh", "-c", self.SCRIPT], tree.root, confined=True,
                                      at=[(tree.boots, "/run/kernel"), (shared, "/run/shared")])
            result = subprocess.run(words, capture_output=True, text=True, env=tree.environment, check=False)
            self.assertEqual(os.listdir(shared), [])
        self.assertEqual((result.returncode, result.stderr), (7, ""))
        zero = "0" * 16
        self.assertEqual(result.stdout.split("\n"), [
            "Uid: 65534 65534 65534 65534", "Gid: 65534 65534 65534 65534", "Groups: ",
            *(f"Cap{name}: {zero}" for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")), "NoNewPrivs: 1",
            "net: lo", f"dev: {' '.join(sorted(namespace.DEVICES))}", "home:",
            "reads the kernel", ""])

    def test_qemu_is_run_so(self):
        tree = tree_for(targets.TARGETS["amd64"])
        script = qemu._confined(tree, ["-machine", "none"])[-1]
        self.assertIn(" --no-new-privs --inh-caps=-all --bounding-set=-all -- qemu-system-x86_64 -sandbox on,",
                      script)


class GuestTest(ScratchTest):
    def test_what_is_copied_arrives(self):
        tree = self.scratch / "tree"
        tree.mkdir()
        # Does not compress, and is no repetition.
        blocks = (hashlib.sha512(str(number).encode()).digest() for number in range(1 << 20))
        (tree / "large").write_bytes(b"".join(blocks))
        (tree / "link").symlink_to("large")
        (self.scratch / "first").write_text("one")
        (self.scratch / "second").symlink_to("first")
        status, said, _ = run("run", "--copy", tree, "--copy", self.scratch / "second", "--",
                              "sh", "-c", "sha256sum tree/large; cmp tree/large tree/link && echo same; cat second; ls -l second")
        digest = hashlib.sha256((tree / "large").read_bytes()).hexdigest()
        self.assertEqual(status, 0)
        self.assertRegex(said, rf"^{digest}  tree/large\nsame\none-rw")

    def test_what_did_not_arrive_is_a_failure(self):
        log = self.scratch / "log"
        status, _, said = run("run", "--allow-splat", "--console", log, "--", "sh", "-c",
                              "echo 'Initramfs unpacking failed: write error' >/dev/kmsg")
        self.assertEqual(status, 125)
        self.assertIn("did not fit into the guest; give it more by --memory", said)

    def test_the_time_is_up_though_nobody_reads(self):
        # On a busy machine a guest boots slowly.
        for limit in (15, 60, 240):
            with subprocess.Popen([VM / "run", "--timeout", str(limit), "--console", self.scratch / "log", "--", "yes"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0,
                                  stderr=subprocess.STDOUT) as child:
                self.addCleanup(child.kill)
                fcntl.fcntl(child.stdout, fcntl.F_SETPIPE_SZ, 4096)
                first = child.stdout.read(1)
                self.assertEqual(child.wait(limit + SECONDS), 124)
            if first == b"y":
                return
        self.fail("no guest has booted")


class MakeTest(ScratchTest):
    def setUp(self):
        super().setUp()
        self.module = self.scratch / "module"
        self.module.mkdir()
        (self.module / "Kbuild").write_text("# SPDX-License-Identifier: GPL-2.0\nobj-m := own.o\n")
        (self.module / "own.c").write_text(f"// SPDX-License-Identifier: GPL-2.0\n{MODULE}")

    def test_a_module_anywhere_is_built_and_installed(self):
        build = VM.parent / "build"
        before = {path: path.stat().st_mtime_ns for path in build.rglob("*.o")}
        installed = self.scratch / "installed"
        status, _, said = run("make", f"M={self.module}", "-s", "modules", umask=0o027)
        self.assertEqual(status, 0, said)
        self.assertEqual((self.module / "own.ko").stat().st_mode & 0o777, 0o640)
        status, _, said = run("make", f"M={self.module}", f"INSTALL_MOD_PATH={installed}", "-s",
                              "modules_install")
        self.assertEqual(status, 0, said)
        self.assertEqual(len(list(installed.glob("lib/modules/*/updates/own.ko*"))), 1, said)
        self.assertEqual(before, {path: path.stat().st_mtime_ns for path in build.rglob("*.o")})

    def test_results_go_where_they_are_wanted(self):
        results = self.scratch / "results"
        status, _, said = run("make", f"M={self.module}", f"MO={results}", "-s", "modules")
        self.assertEqual(status, 0, said)
        self.assertTrue((results / "own.ko").exists())
        self.assertEqual({path.name for path in self.module.iterdir()}, {"Kbuild", "own.c"})

    def test_a_second_build_in_one_place_waits(self):
        digest = hashlib.sha256(str(self.module).encode()).hexdigest()[:16]
        with cache.lock(f"build-{digest}", "it"):
            child = subprocess.Popen([VM / "make", f"M={self.module}", "-s", "modules"], text=True,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            self.addCleanup(child.kill)
            self.assertIn("waiting for another run", child.stderr.readline())
            self.assertFalse((self.module / "own.o").exists())
        child.communicate(timeout=SECONDS)
        self.assertEqual(child.returncode, 0)
        self.assertTrue((self.module / "own.ko").exists())

    def test_an_interrupt_is_for_make(self):
        """It removes what it has begun, and nothing of it stays."""
        (self.module / "Kbuild").write_text(
            "# SPDX-License-Identifier: GPL-2.0\nobj-m := own.o\n"
            "$(obj)/own.o: FORCE\n\t@echo half >$@; echo begun; sleep 1000; false\n")
        child = subprocess.Popen([VM / "make", f"M={self.module}", "-s", "modules"], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(child.kill)
        self.assertEqual(child.stdout.readline(), "begun\n")
        # A shell that is about to start a program may not heed the first.
        for _ in range(SECONDS // 10):
            os.killpg(child.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(10)
                break
        self.assertNotEqual(child.wait(0), 0)
        child.stdout.close()
        self.assertFalse((self.module / "own.o").exists())


if __name__ == "__main__":
    unittest.main()
