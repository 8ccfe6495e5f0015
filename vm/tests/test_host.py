# SPDX-License-Identifier: GPL-2.0
"""The host's way to a Debian archive, found in the forms that apt's settings have."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import host
import report
from report import Failure

DEBIAN = {"ID": "debian", "VERSION_CODENAME": "trixie"}
MIRROR = "http://mirror.example/debian"


class SourceTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.apt = Path(scratch.name)
        (self.apt / "sources.list.d").mkdir()
        self.keyring = self.apt / "keyring.gpg"
        self.keyring.touch()
        self.write("apt.conf", f'Dir::Etc "{self.apt}";\n')
        self.patch("KEYRING", self.apt / "none")
        self.release = dict(DEBIAN)
        release = mock.patch.object(host.platform, "freedesktop_os_release", lambda: self.release)
        release.start()
        self.addCleanup(release.stop)
        environment = mock.patch.dict("os.environ", APT_CONFIG=str(self.apt / "apt.conf"))
        environment.start()
        self.addCleanup(environment.stop)

    def patch(self, name, value):
        patch = mock.patch.object(host, name, value)
        patch.start()
        self.addCleanup(patch.stop)

    def write(self, name, text):
        (self.apt / name).write_text(text)

    def test_deb822(self):
        self.write("sources.list.d/debian.sources",
                   "Types: deb deb-src\n# a remark\n"
                   f"URIs: {MIRROR}\nSuites: trixie trixie-updates\n"
                   f"Components: main contrib\nSigned-By: {self.keyring}\n\n"
                   "Types: deb\nURIs: http://other.example\nSuites: trixie-security\n"
                   "Components: main\n")
        self.assertEqual(host.debian_source(), (MIRROR, self.keyring))

    def test_disabled_and_source_only_stanzas(self):
        self.write("sources.list.d/debian.sources",
                   f"Enabled: no\nTypes: deb\nURIs: {MIRROR}\nSuites: trixie\nComponents: main\n"
                   f"\nTypes: deb-src\nURIs: {MIRROR}\nSuites: trixie\nComponents: main\n")
        self.assertIsNone(host.debian_source())

    def test_inline_key(self):
        self.write("sources.list.d/debian.sources",
                   f"Types: deb\nURIs: {MIRROR}\nSuites: stable\nComponents: main\n"
                   "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n")
        self.assertEqual(host.debian_source(), (MIRROR, None))

    def test_one_line(self):
        self.write("sources.list",
                   "# deb http://remark.example stable main\n"
                   f"deb [arch=amd64 signed-by={self.keyring}] {MIRROR} trixie main # remark\n")
        self.assertEqual(host.debian_source(), (MIRROR, self.keyring))

    def test_missing_keyring_falls_back_to_the_usual_one(self):
        self.patch("KEYRING", self.keyring)
        self.write("sources.list", f"deb [signed-by=/no/such/key] {MIRROR} stable main\n")
        self.assertEqual(host.debian_source(), (MIRROR, self.keyring))

    def test_foreign_archives_are_passed_over(self):
        self.write("sources.list.d/a.list", "deb http://node.example nodistro main\n"
                                            "deb http://cloud.example cloud-trixie main\n")
        self.assertIsNone(host.debian_source())

    def test_other_distribution(self):
        self.release = {"ID": "ubuntu", "VERSION_CODENAME": "noble"}
        self.write("sources.list", "deb http://ubuntu.example/ubuntu noble main\n")
        self.assertIsNone(host.debian_source())
        self.write("sources.list.d/debian.list", f"deb {MIRROR} testing main\n")
        self.assertEqual(host.debian_source(), (MIRROR, None))


class ToolsTest(unittest.TestCase):
    def setUp(self):
        self.lines = []
        for patch in (mock.patch.object(host, "KEYRING", Path("/")),
                      mock.patch.object(host.cache, "log", return_value=Path("/dev/null")),
                      mock.patch.object(host, "note", self.lines.append),
                      mock.patch.object(report, "note")):
            patch.start()
            self.addCleanup(patch.stop)

    def require(self, user, which, probe=(0, "")):
        with mock.patch("os.geteuid", return_value=user), mock.patch("shutil.which", side_effect=which), \
                mock.patch.object(host.subprocess, "run", return_value=mock.Mock(
                    returncode=probe[0], stderr=probe[1])), \
                mock.patch.object(report.Step, "run") as run:
            host.require_tools()
        return [call.args[0][:2] for call in run.call_args_list]

    def test_user_is_told_what_to_install(self):
        with self.assertRaisesRegex(Failure, "apt-get install .*mmdebstrap.*uidmap"):
            self.require(1000, lambda _: None)

    def test_nothing_missing(self):
        self.assertEqual(self.require(0, lambda tool: tool), [])
        self.assertEqual(self.lines, [])

    def test_root_installs_and_says_so_before(self):
        commands = self.require(0, lambda tool: tool if tool == "apt-get" else None)
        self.assertEqual(commands, [["apt-get", "update"], ["apt-get", "install"]])
        self.assertRegex(self.lines[0], "changes this host: apt-get install .* mmdebstrap")

    def test_why_there_are_no_namespaces(self):
        everything = lambda tool: tool
        for user, said, why in (
                (0, "unshare failed: Operation not permitted", "SYS_ADMIN"),
                (0, "unshare: unrecognized option '--map-auto'", "util-linux 2.38"),
                (54321, "unshare failed", "number 54321 has no name .*run as root, or as a user that has")):
            with self.assertRaisesRegex(Failure, why):
                self.require(user, everything, (1, said))
        named = mock.patch.object(host.pwd, "getpwuid", return_value=mock.Mock(pw_name="eve"))
        with named, self.assertRaisesRegex(Failure, "/etc/subuid has no range .*usermod --add-subuids .* eve$"):
            self.require(54321, everything, (1, "unshare failed"))
        with named, mock.patch.object(host, "_has_ids", return_value=True), \
                self.assertRaisesRegex(Failure, "kernel.unprivileged_userns_clone"):
            self.require(54321, everything, (1, "unshare failed"))


if __name__ == "__main__":
    unittest.main()
