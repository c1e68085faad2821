# SPDX-License-Identifier: ISC
"""lab.py - an instance of the suite in a small internet of its own.

The process is alone in namespaces for network, mounts and processes (see
"run"): addresses, user accounts and the resolver's configuration are the
lab's, nothing outside is changed, and all ends with the process.

    192.0.2.10      mail.example.com, the system under test
    192.0.2.1       a client that it trusts
    198.51.100.7    a stranger with a name; .8 has none, .9 has a false one,
                    .20 has mail and name servers
    203.0.113.x     other hosts (.9: nobody listens)
"""
import contextlib
import email
import glob
import os
import re
import shutil
import subprocess
import time

import dnsd
import smtp

HOST = "192.0.2.10"
TRUSTED = "192.0.2.1"
STRANGER, NAMELESS, LIAR, NAMEFAIL, SERVED = ("198.51.100.%d" % i
                                              for i in (7, 8, 9, 11, 20))
REMOTE, REMOTE2, REMOTE3, REMOTE4, DEAD = ("203.0.113.%d" % i
                                           for i in (1, 2, 3, 4, 9))
USERS = {"joe": 2001, "ann": 2002, "bob": 2003, "virtual-joe": 2004,
         "third": 2005, "mailer": 2006}
SYSTEM = {"postfix": 2101, "postdrop": 2102}
TOP, BUILD = os.environ["TOP"], os.environ["BUILD"]


def postconf_words(*args):
    return subprocess.run([BUILD + "/bin/postconf", *args], text=True,
                          capture_output=True, check=True).stdout.split()


# The type of the tables that this build makes, and how their files end.
INDEXED = "hash" if os.environ.get("PEER_LAB") else \
    postconf_words("-dh", "default_database_type")[0]
MAKES_TABLES = INDEXED in postconf_words("-m")
SUFFIX = {"hash": "db", "btree": "db", "dbm": "pag"}.get(INDEXED, INDEXED)

# Seconds to wait for what must come. Many, as a busy machine may be very slow,
# and they only pass when something is wrong.
PATIENCE = int(os.environ.get("PATIENCE", "180"))


def run(*command, text=None, check=True, timeout=4 * PATIENCE, **options):
    done = subprocess.run(command, input=text, capture_output=True, text=True,
                          timeout=timeout, errors="replace", **options)
    if check and done.returncode != 0:
        raise AssertionError("%s: status %d: %s" % (
            " ".join(command), done.returncode, done.stdout + done.stderr))
    return done


def poll(condition, seconds):
    """Wait until condition() is true, but no longer; its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() >= end:
            return value
        time.sleep(0.05)


def until(condition, seconds=0, what=None):
    """Wait until condition() is true, with patience or for so many seconds if
    that is more; its value."""
    value = poll(condition, max(seconds, PATIENCE))
    assert value, "not seen: %s" % (what or condition.__name__)
    return value


def is_busy(pid):
    """Is this process in the middle of something: has it a TCP connection, or
    runs it a command?"""
    return has_session(pid) or run("pgrep", "-P", pid, check=False).stdout


def has_session(pid):
    """Is a TCP connection open in this process?"""
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in file]
    open_ones = {"socket:[%s]" % row[9] for row in rows if row[3] == "01"}
    with contextlib.suppress(OSError):
        for fd in os.listdir("/proc/%s/fd" % pid):
            with contextlib.suppress(OSError):
                if os.readlink("/proc/%s/fd/%s" % (pid, fd)) in open_ones:
                    return True
    return False


def replace_file(path, text, folder):
    """Mount a file of ours over one of the system's."""
    own = os.path.join(folder, os.path.basename(path))
    with open(own, "w") as file:
        file.write(text)
    if not os.path.exists(path):
        open(path, "a").close()
    run("mount", "--bind", own, path)


class Absent(Exception):
    """What a test is about is not there."""


class Lab:
    def __init__(self, folder):
        self.folder = folder
        self.dir = os.path.join(folder, "i")
        self.etc, self.spool = self.dir + "/etc", self.dir + "/spool"
        self.log_file = self.dir + "/log/maillog"
        self.mark, self.count, self.ports = 0, 0, 2600
        self.home = folder + "/home"
        self.world()
        self.stage()

    # ---- The world around it

    def world(self):
        os.chmod(self.folder, 0o755)
        run("ip", "link", "set", "lo", "up")
        for address in [HOST, TRUSTED, STRANGER, NAMELESS, LIAR, NAMEFAIL,
                        SERVED, REMOTE, REMOTE2, REMOTE3, REMOTE4, DEAD,
                        "203.0.113.66"]:
            run("ip", "addr", "add", address + "/32", "dev", "lo")
        with open("/etc/passwd") as file:
            passwd = file.read()
        with open("/etc/group") as file:
            group = file.read()
        for name, uid in USERS.items():
            passwd += "%s:x:%d:%d:%s:%s/%s:/bin/sh\n" % (
                name, uid, uid, name.title() + " User", self.home, name)
        for name, uid in SYSTEM.items():
            if not re.search("^%s:" % name, group, re.M):
                group += "%s:x:%d:\n" % (name, uid)
        if not re.search("^postfix:", passwd, re.M):
            passwd += "postfix:x:2101:2101::/nonexistent:/usr/sbin/nologin\n"
        replace_file("/etc/passwd", passwd, self.folder)
        replace_file("/etc/group", group, self.folder)
        replace_file("/etc/hosts", "127.0.0.1 localhost\n", self.folder)
        replace_file("/etc/resolv.conf", "nameserver 127.0.0.1\n"
                     "options timeout:3 attempts:2\n", self.folder)
        self.zones = dnsd.serve(TOP + "/tests/features/zones",
                                folder=self.folder + "/nsd")
        for name, uid in USERS.items():
            os.makedirs("%s/%s" % (self.home, name))
            os.chown("%s/%s" % (self.home, name), uid, uid)

    def stage(self):
        run(TOP + "/conf/stage-instance", self.dir)
        os.environ["PATH"] = self.dir + "/bin:" + os.environ["PATH"]
        if os.environ.get("SAN"):  # reports go where tests/run looks for them
            self.conf("import_environment=%s ASAN_OPTIONS UBSAN_OPTIONS"
                      % self.postconf("-h", "import_environment"))
        self.basics()

    def basics(self):
        self.conf("myhostname=mail.example.com",
                  "mydestination=$myhostname, localhost.$mydomain, "
                  "localhost, $mydomain",
                  "mynetworks=127.0.0.0/8, 192.0.2.0/24",
                  "inet_interfaces=%s, 127.0.0.1" % HOST,
                  "inet_protocols=ipv4", "default_privs=nobody")

    # ---- Settings

    def conf(self, *settings, **more):
        settings = list(settings) + ["%s=%s" % s for s in more.items()]
        run("postconf", "-e", *settings)

    def master(self, text):
        with open(self.etc + "/master.cf", "a") as file:
            file.write(text.rstrip("\n") + "\n")

    def file(self, name, text, mode=0o644, owner=None):
        """A file below etc, or at an absolute path; its path."""
        path = os.path.join(self.etc, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        if owner:
            os.chown(path, USERS[owner], USERS[owner])
        return path

    def table(self, name, text, kind=INDEXED):
        """Make a table; what to write in main.cf for it."""
        path = self.file(name, text)
        if kind in ("hash", "btree", "lmdb", "cdb", "dbm"):
            run("postmap", "%s:%s" % (kind, path))
        return "%s:%s" % (kind, path)

    def need(self, kind):
        """A table type, or else the test is skipped."""
        if kind not in self.postconf("-m").split():
            raise Absent("this build was made without " + kind)

    def aliases(self, text):
        self.file("aliases", "postmaster: root\nroot: bob\n"
                  "MAILER-DAEMON: postmaster\n" + text)
        run("newaliases")

    def script(self, name, text):
        path = "%s/%s" % (self.folder, name)
        return self.file(path, "#!/bin/sh\n" + text, 0o755)

    @contextlib.contextmanager
    def settings(self, *settings, **more):
        """With these in main.cf; afterwards as before."""
        with open(self.etc + "/main.cf") as file:
            before = file.read()
        self.conf(*settings, **more)
        self.reload()
        try:
            yield
        finally:
            with open(self.etc + "/main.cf", "w") as file:
                file.write(before)
            self.reload()

    def postconf(self, *args):
        return run("postconf", *args).stdout.rstrip("\n")

    # ---- Life

    def start(self):
        run("postfix", "start")
        self.settled(25)

    def stop(self):
        run("postfix", "stop")

    def restart(self):
        self.stop()
        self.start()

    def reload(self):
        """Also wait for the processes of the old configuration: what comes
        next must not meet one of them. Those in the middle of something may
        stay, and those that they use."""
        old = self.children()
        self.mark_now = self.log_size()
        run("postfix", "reload")
        until(lambda: "reload --" in self.log(self.mark_now), what="reload")
        began = time.monotonic()

        def gone():
            left = old & self.children()
            busy = [pid for pid in left if is_busy(pid)]
            return len(busy) == len(left) or (
                busy and time.monotonic() - began > 3)
        poll(gone, 60)

    def children(self):
        """Processes of master."""
        with open(self.spool + "/pid/master.pid") as file:
            master = file.read().strip()
        return set(run("pgrep", "-P", master, check=False).stdout.split())

    def settled(self, port):
        def listens():
            with open("/proc/net/tcp") as file:
                return ":%04X 00000000:0000 0A" % port in file.read()
        until(listens, what="port %d" % port)

    def smtpd(self, *settings, **more):
        """One more server with settings of its own; its port."""
        return self.smtpds([list(settings) + ["%s=%s" % s
                                              for s in more.items()]])[0]

    def smtpds(self, services):
        """Servers, each a list of settings; their ports."""
        ports = self.add_smtpds(services)
        self.reload()
        for port in ports:
            self.settled(port)
        return ports

    def add_smtpds(self, services):
        """The same for the next start."""
        ports = []
        for settings in services:
            self.ports += 1
            ports.append(self.ports)
            self.master("%s:%d inet n - n - - smtpd\n" % (HOST, self.ports) +
                        "".join("  -o { %s }\n" % s.replace("=", " = ", 1)
                                for s in settings))
        return ports

    def pids(self, program):
        """The processes of a program of this instance."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                path = os.readlink("/proc/%s/exe" % pid)
                if path.split(" ")[0] == "%s/libexec/%s" % (self.dir, program) \
                        or self.is_below_valgrind(pid, path, program):
                    found.append(int(pid))
        return sorted(found)

    def is_below_valgrind(self, pid, path, program):
        """There the executable is valgrind's, and not this instance's."""
        if "/memcheck-" not in path or \
                not os.readlink("/proc/%s/cwd" % pid).startswith(self.dir):
            return False
        with open("/proc/%s/cmdline" % pid) as file:
            return any(word.endswith("/libexec/" + program)
                       for word in file.read().split("\0"))

    # ---- The log

    def log_size(self):
        """None is there before the first line of a new one."""
        return os.path.getsize(self.log_file) if os.path.exists(
            self.log_file) else 0

    def log(self, since=None):
        if self.log_size() == 0:
            return ""
        with open(self.log_file, errors="replace") as file:
            file.seek(self.mark if since is None else since)
            return file.read()

    def begin(self):
        """From here on the log of a test begins."""
        here = self.log_size()
        if here:
            self.whole_log()
            here = os.path.getsize(self.log_file)
        self.mark = here

    def whole_log(self):
        """With all that was said until now. Lines take their time: what was
        said before a line of ours is before it in the log, too."""
        here, last = os.path.getsize(self.log_file), self.word()
        run("postlog", last)
        until(lambda: last in self.log(here), what="our own log line")
        return self.log()

    def logged(self, pattern, seconds=0):
        def found():
            return re.search(pattern, self.log(), re.M)
        return until(found, seconds, "in the log: " + pattern)

    def not_logged(self, pattern):
        found = re.search(pattern, self.log(), re.M)
        assert not found, "logged: " + found.group(0)

    def state(self):
        """What a failure may be understood from, the most telling first and
        last."""
        pids = [link.split("/")[2] for link in glob.glob("/proc/[0-9]*/exe")
                if link_of(link).startswith(self.dir)]
        said = ["load: " + open("/proc/loadavg").read()]
        said += run("postqueue", "-p", check=False).stdout.split("\n")[:7]
        said += run("ps", "-o", "pid=,stat=,etime=,args=", "-p",
                    ",".join(pids) or "1", check=False).stdout.split("\n")
        said += self.log().rstrip().split("\n")[-30:]
        return "".join("    %s\n" % line.rstrip() for line in said if line)

    # ---- Mail in

    def word(self):
        """A word that no other message has."""
        self.count += 1
        return "word%dx%d" % (os.getpid(), self.count)

    def client(self, source=STRANGER, port=25, **options):
        return smtp.Client(HOST, port, source, **options)

    def rcpt(self, to, sender="user@ok.test", source=STRANGER, port=25,
             helo="client.ok.test"):
        """What the server says to this envelope."""
        client = self.client(source, port)
        said = (client.banner if client.banner.code != 220
                else client.envelope(sender, to, helo=helo))
        client.close()
        return said

    def helo(self, name, port=25, **options):
        return self.rcpt("joe@example.com", helo=name, port=port, **options)

    def message(self, word, to, sender, headers="", body=""):
        text = headers
        for name, value in (("From", sender), ("To", to), ("Subject", word)):
            if not re.search("^%s:" % name, headers, re.M | re.I):
                text += "%s: %s\n" % (name, value)
        return text + "\n" + (body or "body\n")

    def mail(self, to, sender="user@ok.test", source=TRUSTED, port=25,
             headers="", body="", raw=None, want=250):
        """By SMTP; the word in its subject."""
        word = self.word()
        recipients = [to] if isinstance(to, str) else to
        client = self.client(source, port)
        said = client.envelope(sender, *recipients)
        if said.code == 250:
            said = client.data(raw or self.message(word, recipients[0],
                                                   sender, headers, body))
        client("QUIT")
        client.close()
        self.said = said
        assert said.code == want, said
        found = re.search(r"queued as (\S+)", said)
        self.id = found.group(1) if found else None
        return word

    def post(self, to, user="ann", args=None, headers="", body="", raw=None,
             check=True):
        """By sendmail, as a user; the word in its subject."""
        word = self.word()
        recipients = [to] if isinstance(to, str) else to
        if raw is None:
            raw = headers
            if not re.search("^Subject:", raw, re.M):
                raw += "Subject: %s\n" % word
            raw += "\n" + (body or "body\n")
        args = ["-i", "--"] + recipients if args is None else args
        uid = USERS.get(user, 0)
        self.done = run("sendmail", *args, text=raw, check=check, user=uid,
                        group=uid, extra_groups=[], cwd="/")
        return word

    # ---- Mail out

    def spool_file(self, user):
        return "%s/mail/%s" % (self.dir, user)

    def inbox(self, user, path=None):
        """All messages of a mailbox, as text, but not one that is being
        appended: page by page it can be seen."""
        try:
            with open(path or self.spool_file(user), errors="replace") as file:
                text = file.read()
        except OSError:
            return []
        messages = re.split(r"^From ", text, flags=re.M)[1:]
        return messages if text.endswith("\n\n") else messages[:-1]

    def arrived(self, user, word, path=None):
        """The message with this word; email.message, and its text in .raw."""
        def found():
            return [m for m in self.inbox(user, path) if word in m]
        return parse(until(found, what="mail for " + user)[0])

    def quiet(self, seconds=0):
        """Wait until the queue is empty. Asked twice: a message that moves
        while the folders are read, one after the other, can be missed, but
        not in each."""
        def is_empty():
            return "queue is empty" in run("postqueue", "-p").stdout
        until(lambda: is_empty() and is_empty(), seconds, "an empty queue")

    def deferred(self):
        """Wait until the last message of mail() has its rest: what is still
        active, "postqueue -f" passes by."""
        until(lambda: self.id in self.in_queue("deferred"),
              what="%s in the deferred queue" % self.id)

    def finished(self):
        """Wait until the last message of mail() is no longer active: the queue
        manager has heard of what the log says, and the agent has done all."""
        until(lambda: self.id not in self.in_queue("active"),
              what="the end of " + self.id)

    def absent(self, user, word):
        assert not any(word in m for m in self.inbox(user)), \
            "%s has got the mail" % user

    def status(self, address):
        """(dsn, status, text) of the delivery to an address."""
        found = self.logged(r" to=<%s>,.* dsn=([0-9.]+), status=(\w+) \((.*)\)"
                            % re.escape(address))
        return found.groups()

    def in_queue(self, queue):
        """The queue files below a directory: relative path by name."""
        top, found = "%s/%s" % (self.spool, queue), {}
        for folder, _, names in os.walk(top):
            for name in names:
                found[name] = os.path.relpath(os.path.join(folder, name), top)
        return found

    def drop_all(self):
        run("postsuper", "-d", "ALL", check=False)


def parse(raw):
    head, _, rest = raw.partition("\n")
    message = email.message_from_string(rest)
    message.raw, message.envelope_line = rest, head
    return message


def link_of(path):
    with contextlib.suppress(OSError):
        return os.readlink(path)
    return ""


def owner_of(path):
    return os.stat(path).st_uid


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


# ---- Tests and the rows that they prove

TESTS = []


def row(*names):
    """A test that proves these rows of rows.tsv."""
    def add(function):
        TESTS.append((names, function))
        return function
    return add


def expect(said, start):
    """Is this the beginning of what was said?"""
    assert said.startswith(start), "want %r, got %r" % (start, str(said))


def has(text, pattern):
    found = re.search(pattern, text, re.M)
    assert found, "no %r in %r" % (pattern, str(text)[:600])
    return found
