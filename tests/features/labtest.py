# SPDX-License-Identifier: ISC
"""labtest.py - a test of its own on the ground of lab.py.

    import labtest                      # namespaces of its own from here on

    @labtest.test
    def something(lab): ...

    labtest.main(setup)

Each function is one test, named after it. KEEP=1 shows the whole log. PEER_LAB=1 runs Debian's Postfix
(from $PEER) in place of our suite: what a test expects is what that does.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

NAMESPACES = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
              "--mount-proc"]
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def ours(why):
    """Not for Debian's Postfix, which does otherwise."""
    def mark(function):
        function.ours = why
        return function
    return mark


def enter():
    """Run this program again where network and mounts are its own."""
    if os.environ.get("LABTEST") == str(os.getppid()):
        return
    probe = subprocess.run(NAMESPACES + ["true"], stderr=subprocess.DEVNULL)
    if probe.returncode != 0 or os.getuid() != 0:
        print("skip %s: needs the right to make namespaces, as root has"
              % os.path.basename(sys.argv[0]))
        sys.exit(0)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ["LABTEST"] = "0"  # in a namespace of its own, the first's parent
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    os.execvp("unshare", NAMESPACES + [sys.executable] + sys.argv)


enter()
import lab as laboratory  # noqa: E402
import smtp  # noqa: E402


class PeerLab(laboratory.Lab):
    """The same world with Debian's Postfix in it."""

    def stage(self):
        peer = os.environ["PEER"]
        os.mkdir(self.dir)
        shutil.copytree(peer + "/etc", self.etc)
        for name in ("spool", "data", "mail", "log"):
            os.mkdir("%s/%s" % (self.dir, name))
        os.chmod(self.dir + "/mail", 0o1777)
        os.environ["PATH"] = peer + "/root/usr/sbin:" + os.environ["PATH"]
        os.environ["MAIL_CONFIG"] = self.etc
        path = self.etc + "/master.cf"
        with open(path) as file:
            text = re.sub(r"^127\.0\.0\.1:\d+ +inet", "smtp inet",
                          file.read(), flags=re.M)
        with open(path, "w") as file:
            file.write(text)
        self.conf("queue_directory=" + self.spool,
                  "data_directory=" + self.dir + "/data",
                  "meta_directory=" + self.etc, "maillog_file_prefixes=/",
                  "mail_spool_directory=" + self.dir + "/mail",
                  "maillog_file=" + self.log_file,
                  "smtpd_forbid_unauth_pipelining=yes",
                  "smtpd_forbid_bare_newline=normalize",
                  "alias_maps=hash:%s/aliases" % self.etc,
                  "alias_database=$alias_maps")
        laboratory.run("chown", "postfix", self.dir + "/data")
        self.file("aliases", "postmaster: root\n")
        laboratory.run("newaliases")
        with open(self.log_file, "w"):
            os.chmod(self.log_file, 0o666)
        self.basics()

    def reload(self):
        mark = os.path.getsize(self.log_file)
        laboratory.run("postfix", "reload")
        laboratory.until(lambda: "reload" in self.log(mark), what="reload")


def run_test(lab, function):
    lab.begin()
    before = set(smtp.Sink.running)
    try:
        function(lab)
        print("ok", function.__name__, flush=True)
        return True
    except laboratory.Absent as absent:
        print("skip %s: %s" % (function.__name__, absent), flush=True)
        return True
    except Exception as error:  # one test must not stop the others
        print("FAIL %s: %s" % (function.__name__,
                               " ".join(str(error).split())), flush=True)
        for at in traceback.extract_tb(error.__traceback__)[1:]:
            print("    %s:%d: %s" % (os.path.basename(at.filename), at.lineno,
                                     at.line))
        print(lab.state(), flush=True)
        return False
    finally:
        for sink in set(smtp.Sink.running) - before:
            sink.close()


def side_by_side(count):
    """The tests in so many processes, each with a world of its own."""
    os.environ["LABTEST"] = "0"
    names = [function.__name__ for function in TESTS]
    running = [subprocess.Popen([sys.executable, sys.argv[0]] + names[i::count],
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)
               for i in range(count)]
    for process in running:
        print(process.communicate()[0].decode(errors="replace"), end="",
              flush=True)
    sys.exit(any(process.returncode for process in running))


def main(setup=None, worlds=1):
    """Run the tests that the command line names, or all, dealt out to so many
    worlds."""
    only = sys.argv[1:]
    if worlds > 1 and not only:
        side_by_side(worlds)
    kind = laboratory.Lab
    if os.environ.get("PEER_LAB"):
        kind = PeerLab
    elif not laboratory.MAKES_TABLES:
        print("skip %s: this build makes no tables"
              % os.path.basename(sys.argv[0]))
        sys.exit(0)
    good = True
    with tempfile.TemporaryDirectory(prefix="lab.",
                                     ignore_cleanup_errors=True) as folder:
        lab = kind(folder)
        if setup:
            setup(lab)
        lab.start()
        for function in TESTS:
            if kind is PeerLab and hasattr(function, "ours"):
                print("skip %s: %s" % (function.__name__, function.ours))
            elif not only or function.__name__ in only:
                good = run_test(lab, function) and good
        if os.environ.get("KEEP"):
            print(lab.log(0))
        lab.stop()
    sys.exit(0 if good else 1)
