# SPDX-License-Identifier: ISC
"""queue.py - the queue, its schedule, bounces and notices."""
import os
import re
import signal
import time

import smtp
from lab import REMOTE, REMOTE3, STRANGER, expect, has, row, run, until


def setup(lab):
    lab.remote = smtp.Sink(REMOTE)
    lab.aliases("")
    lab.conf("minimal_backoff_time=300s", "delay_warning_time=0h")


def deferred(lab, to="u@dead.test", **options):
    word = lab.mail(to, **options)
    found = lab.logged(r"%s: to=<%s>.*status=deferred" % (lab.id, to))
    until(lambda: lab.id in lab.in_queue("deferred"))
    assert found
    return word


# ---- Folders

@row("S061", "S062", "S066", "S068", "S004")
def hashing(lab):
    assert lab.postconf("-dh", "hash_queue_depth") == "1"
    assert lab.postconf("-dh", "hash_queue_names") == "deferred, defer"
    assert run("mailq").stdout == "Mail queue is empty\n"
    deferred(lab, sender="joe@example.com")
    assert lab.in_queue("deferred")[lab.id] == lab.id[0] + "/" + lab.id
    assert lab.in_queue("defer")[lab.id] == lab.id[0] + "/" + lab.id
    path = "%s/deferred/%s/%s" % (lab.spool, lab.id[0], lab.id)
    assert os.stat(path).st_mtime > time.time() + 200
    listing = run("mailq").stdout
    has(listing, r"^-Queue ID-  -+Size-+ -+Arrival Time-+ -Sender")
    has(listing, r"^%s +\d+ .* joe@example.com$" % lab.id)
    has(listing, r"^ *\(connect to .*Connection refused\)")
    has(listing, "^ +u@dead.test$")
    lab.drop_all()
    with lab.settings(hash_queue_depth="2"):
        deferred(lab)
        assert lab.in_queue("deferred")[lab.id] == "%s/%s/%s" % (
            lab.id[0], lab.id[1], lab.id)
        lab.drop_all()


@row("S063", "S064", "S065", "S095", "S097", "S079")
def folders(lab):
    assert "maildrop" not in lab.postconf("-dh", "hash_queue_names")
    st = os.stat(lab.spool + "/maildrop")
    assert st.st_mode & 0o7777 in (0o1730, 0o730), oct(st.st_mode)
    for name in ("active", "incoming", "deferred", "defer", "bounce"):
        owner = run("stat", "-c", "%U", lab.spool + "/" + name).stdout
        assert owner == "postfix\n", (name, owner)
    with open(lab.spool + "/pid/master.pid") as file:
        pid = int(file.read())
    assert os.readlink("/proc/%d/cwd" % pid) == lab.spool
    assert lab.postconf("-dh", "queue_directory") == "/var/spool/postfix"
    assert lab.postconf("-h", "process_id_directory") == "pid"
    qmgr = lab.pids("qmgr")[0]
    os.kill(qmgr, signal.SIGSTOP)
    lab.mail("joe@example.com")
    assert lab.in_queue("incoming").get(lab.id) == lab.id
    os.kill(qmgr, signal.SIGCONT)
    lab.quiet()
    sink = smtp.Sink(REMOTE3, waits=True)
    lab.mail("u@[%s]" % REMOTE3)
    until(lambda: lab.in_queue("active").get(lab.id) == lab.id)
    sink.let()
    lab.quiet()
    sink.close()
    for owner, words in (("root", "mail_owner"), ("nobodyelse", "mail_owner")):
        lab.stop()
        lab.conf("mail_owner=" + owner)
        done = run("postfix", "start", check=False)
        assert done.returncode != 0
        lab.conf("mail_owner=postfix")
        lab.start()


@row("S067", "S069")
def logs(lab):
    sink = smtp.Sink(REMOTE3, RCPT=lambda l: "550 no" if "bad" in l
                     else "450 later")
    with lab.settings("relay_domains=dead.test",
                      "fast_flush_domains=$relay_domains"):
        qmgr_id = lab.mail(["bad@[%s]" % REMOTE3, "slow@[%s]" % REMOTE3],
                           "joe@example.com")
        lab.logged("%s: to=<bad@.*status=bounced" % lab.id)
        assert qmgr_id
        deferred(lab, "u@dead.test")
        until(lambda: lab.in_queue("flush"))
    assert not any("/" in p for p in lab.in_queue("flush").values())
    assert not any("/" in p for p in lab.in_queue("bounce").values())
    sink.close()
    lab.drop_all()


# ---- Schedule

@row("S325")
def queue_lifetime(lab):
    with lab.settings("maximal_queue_lifetime=0"):
        word = lab.mail("u@dead.test", "joe@example.com")
        got = lab.arrived("joe", word)
        has(got.raw, "^Action: failed")
        lab.logged("from=<joe@example.com>, status=expired, returned to "
                   "sender")
    assert lab.postconf("-dh", "maximal_queue_lifetime") == "5d"


@row("S326", "S327", "S328")
def backoff(lab):
    with lab.settings("minimal_backoff_time=3s", "maximal_backoff_time=5s",
                      "queue_run_delay=1s"):
        lab.mail("u@dead.test")
        pattern = r"(\d+):(\d+):(\d+) .*%s: to=<u@dead.test>.*" \
            "status=deferred" % lab.id

        def four():
            found = re.findall(pattern, lab.log())
            return len(found) >= 4 and found
        times = [int(h) * 3600 + int(m) * 60 + int(s)
                 for h, m, s in until(four, what="four attempts")]
        gaps = [(b - a) % 86400 for a, b in zip(times, times[1:])]
        assert min(gaps) >= 2, gaps
        name = until(lambda: lab.in_queue("deferred").get(lab.id))
        wait = os.stat(lab.spool + "/deferred/" + name).st_mtime - time.time()
        assert wait <= 5, wait
        lab.drop_all()
    for name, value in (("minimal_backoff_time", "300s"),
                        ("maximal_backoff_time", "4000s"),
                        ("queue_run_delay", "300s")):
        assert lab.postconf("-dh", name) == value


@row("S215")
def dead_destinations(lab):
    deferred(lab, "a@dead.test")
    first = lab.id
    lab.mail("b@dead.test")
    lab.logged(r"%s: to=<b@dead.test>.*relay=none.*status="
               r"deferred \(.*Connection refused" % lab.id)
    assert first
    lab.drop_all()


@row("S329", "S330")
def defer_transports(lab):
    with lab.settings("defer_transports=smtp"):
        word = lab.mail("u@ok.test")
        assert lab.status("u@ok.test")[:2] == ("4.3.2", "deferred")
        run("sendmail", "-q")
        until(lambda: lab.remote.got(word))


def only(sink, count):
    """So many messages at once, and no more."""
    until(lambda: sink.open == count)
    time.sleep(0.3)  # a chance for one too many
    assert sink.open == count, sink.open


@row("S321", "S322", "S310", "S324")
def concurrency(lab):
    for setting, most in (("default_destination_concurrency_limit=2", 2),
                          ("smtp_destination_concurrency_limit=1", 1)):
        sink = smtp.Sink(REMOTE3, waits=True)
        with lab.settings(setting, "smtp_connection_cache_on_demand=no"):
            for _ in range(5):
                lab.mail("u@[%s]" % REMOTE3)
            only(sink, most)
            sink.let()
            until(lambda: len(sink.mail) == 5)
            assert sink.most == most, sink.most
        sink.close()
    lab.master("slow unix - - n - - smtp\n")
    sink = smtp.Sink(REMOTE3, waits=True)
    table = lab.table("slow", "elsewhere.test slow:[%s]\n" % REMOTE3)
    with lab.settings("slow_destination_concurrency_limit=1",
                      "transport_maps=" + table,
                      "smtp_connection_cache_on_demand=no"):
        assert "slow_dest" not in run("postconf", "-n").stderr
        for _ in range(4):
            lab.mail("u@elsewhere.test")
        only(sink, 1)
        sink.let()
        until(lambda: len(sink.mail) == 4)
        assert sink.most == 1, sink.most
    sink.close()
    sink = smtp.Sink(REMOTE3, waits=True)
    with lab.settings("initial_destination_concurrency=1",
                      "smtp_connection_cache_on_demand=no"):
        run("postqueue", "-f")  # it starts when it is asked for
        qmgr = until(lambda: lab.pids("qmgr"))[0]
        os.kill(qmgr, signal.SIGSTOP)
        for _ in range(5):
            lab.mail("u@[%s]" % REMOTE3)
        os.kill(qmgr, signal.SIGCONT)
        only(sink, 1)
        sink.let(1)
        only(sink, 2)
        sink.let()
        until(lambda: len(sink.mail) == 5)
    sink.close()
    assert lab.postconf("-dh", "default_destination_concurrency_limit",
                        "initial_destination_concurrency") == "20\n5"


@row("S311", "S323")
def recipient_limits(lab):
    sink = smtp.Sink(REMOTE3)
    to = ["u%d@[%s]" % (i, REMOTE3) for i in range(60)]
    word = lab.mail(to)
    until(lambda: sum(len(t[1]) for t in sink.mail) == 60)
    assert sorted(len(t[1]) for t in sink.mail if word in t[2]) == [10, 50]
    with lab.settings("smtp_destination_recipient_limit=2"):
        word = lab.mail(to[:5])
        until(lambda: sum(len(t[1]) for t in sink.mail if word in t[2]) == 5)
        assert sorted(len(t[1]) for t in sink.mail if word in t[2]) == [
            1, 2, 2]
    sink.close()


@row("S213", "S214")
def active_limit(lab):
    sink = smtp.Sink(REMOTE3, waits=True)
    with lab.settings("qmgr_message_active_limit=2",
                      "smtp_destination_concurrency_limit=1"):
        for _ in range(5):
            lab.mail("u@[%s]" % REMOTE3)
        until(lambda: len(lab.in_queue("active")) == 2)
        time.sleep(0.3)  # a chance for one too many
        assert len(lab.in_queue("active")) == 2
        assert len(lab.in_queue("incoming")) == 3
        sink.let()
        until(lambda: len(sink.mail) == 5)
    sink.close()
    assert lab.postconf("-dh", "qmgr_message_recipient_limit",
                        "qmgr_message_active_limit") == "20000\n20000"
    with lab.settings("qmgr_message_recipient_limit=10"):
        word = lab.mail(["u%d@ok.test" % i for i in range(50)])
        until(lambda: sum(len(t[1]) for t in lab.remote.mail
                          if word in t[2]) == 50)


# ---- Bounces and notices

@row("S040")
def single_bounce(lab):
    word = lab.post("nosuch", user="joe")
    got = lab.arrived("joe", word)
    assert got.get_content_type() == "multipart/report"
    assert got["Return-Path"] == "<>"
    has(got.raw, "^Action: failed")
    has(got.raw, "^Status: 5.1.1")


@row("S039", "S091")
def bounce_notice(lab):
    with lab.settings("notify_classes=bounce",
                      "bounce_notice_recipient=ann"):
        word = lab.post("nosuch", user="joe")
        copy, own = lab.arrived("ann", word), lab.arrived("joe", word)
        has(copy.raw, "^Content-Type: text/rfc822-headers")
        has(own.raw, "^Content-Type: message/rfc822")


@row("S041", "S042", "S092", "S060", "S059")
def double_bounce(lab):
    with lab.settings("notify_classes=2bounce",
                      "2bounce_notice_recipient=ann"):
        word = lab.mail("nosuch@elsewhere2.invalid", "nobody1@ok.invalid")
        got = lab.arrived("ann", word)
        has(got.raw, "^Content-Type: message/rfc822")
        assert got["Return-Path"] == "<double-bounce@mail.example.com>"
    with lab.settings("notify_classes="):
        lab.begin()
        lab.mail("nosuch@elsewhere2.invalid", "nobody1@ok.invalid")
        lab.logged("to=<nobody1@ok.invalid>.*status=bounced")
        lab.quiet()
    with lab.settings("notify_classes=2bounce",
                      "2bounce_notice_recipient=nosuch"):
        lab.begin()
        lab.mail("nosuch@elsewhere2.invalid", "nobody1@ok.invalid")
        lab.logged("undeliverable postmaster notification discarded")
        lab.quiet()
    expect(lab.rcpt("double-bounce@mail.example.com"), "250")
    lab.mail("double-bounce@mail.example.com")
    lab.logged(r"qmgr\[\d+\]: .*to=<double-bounce@mail.example.com>.*"
               r"status=sent")


@row("S043", "S072", "S093")
def delay_notice(lab):
    with lab.settings("notify_classes=delay", "delay_notice_recipient=ann",
                      "delay_warning_time=1s", "minimal_backoff_time=1s",
                      "maximal_backoff_time=1s", "queue_run_delay=1s"):
        word = lab.mail("u@dead.test", "joe@example.com")
        got = lab.arrived("joe", word)
        has(got.raw, "^Action: delayed")
        lab.arrived("ann", word)
        lab.logged("sender delay notification")
        lab.logged("postmaster delay notification")
        time.sleep(2)
        assert sum(word in m for m in lab.inbox("joe")) == 1
        lab.drop_all()
    assert lab.postconf("-dh", "delay_warning_time") == "0h"


def transcript(lab, count, *patterns):
    """The notice that comes after a session."""
    until(lambda: len(lab.inbox("ann")) > count)
    text = lab.inbox("ann")[-1]
    for pattern in patterns:
        has(text, pattern)


@row("S044", "S045", "S046", "S048", "S094")
def session_notices(lab):
    ports = lab.smtpds([
        ["notify_classes=policy", "smtpd_client_restrictions=reject"],
        ["notify_classes=protocol"],
        ["notify_classes=resource", "queue_minfree=99999999999999"],
        ["notify_classes=software",
         "smtpd_sender_restrictions=reject_nothing_known"]])
    with lab.settings("error_notice_recipient=ann"):
        for port, say in zip(ports, ("", "FOO", "", "")):
            count = len(lab.inbox("ann"))
            client = lab.client(STRANGER, port)
            if say:
                client("EHLO x.test")
                client(say)
            else:
                client.envelope("a@ok.test", "joe@example.com")
            client("QUIT")
            want = {ports[0]: "Out: 554", ports[1]: "In: +FOO",
                    ports[2]: "Out: 452", ports[3]: "Out: 451"}[port]
            transcript(lab, count, want, "double-bounce@mail.example.com")
    assert lab.postconf("-dh", "notify_classes") == "resource, software"
    port = lab.smtpd("notify_classes=data")
    expect(lab.client(port=port).banner, "220")
    port = lab.smtpd("notify_classes=nonsense")
    try:
        banner = lab.client(port=port, timeout=2).banner
    except TimeoutError:
        banner = ""
    assert not banner.startswith("220")
    lab.logged("fatal: .*nonsense")


@row("S198")
def bounce_size(lab):
    with lab.settings("bounce_size_limit=1000"):
        word = lab.post("nosuch", user="joe", body="x" * 70 + "\n" + "y\n" *
                        900)
        got = lab.arrived("joe", word)
        has(got.raw, "^Content-Type: text/rfc822-headers")
        assert "y\ny\ny\n" not in got.raw
    assert lab.postconf("-dh", "bounce_size_limit") == "50000"


@row("S051")
def always_bcc(lab):
    with lab.settings("always_bcc=ann"):
        word = lab.mail("joe@example.com")
        lab.arrived("joe", word)
        got = lab.arrived("ann", word)
        assert got["Bcc"] is None
        word = lab.post("nosuch", user="joe")
        has(lab.arrived("joe", word).raw, "^Action: failed")
        lab.quiet()
        assert not any("Action: failed" in m and word in m
                       for m in lab.inbox("ann"))


@row("S052")
def daemon_timeout(lab):
    assert lab.postconf("-dh", "daemon_timeout") == "18000s"
    sink = smtp.Sink(REMOTE3, waits=True)
    with lab.settings("daemon_timeout=3s"):
        lab.mail("u@[%s]" % REMOTE3)
        pid = until(lambda: lab.pids("smtp"))[0]
        time.sleep(0.5)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(4)
        os.kill(pid, signal.SIGCONT)
        lab.logged("watchdog")
        until(lambda: pid not in lab.pids("smtp"))
        lab.logged("%s: .*status=deferred|%s: from=" % (lab.id, lab.id))
    sink.close()
    lab.drop_all()


@row("S075")
def ipc_timeout(lab):
    assert lab.postconf("-dh", "ipc_timeout") == "3600s"
    with lab.settings("ipc_timeout=2s"):
        client = lab.client()
        client.envelope("a@ok.test", "joe@example.com")
        pid = until(lambda: lab.pids("trivial-rewrite"))[0]
        os.kill(pid, signal.SIGSTOP)
        other = lab.client()
        try:
            other.envelope("b@ok.test", "zz@example.com")
            lab.logged("warning: .*(timed out|timeout|problem talking)")
        finally:
            os.kill(pid, signal.SIGCONT)
    lab.drop_all()


# fork() of local fails as long as the file has bytes: one is taken each time.
NO_FORK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
pid_t fork(void)
{
    struct stat st;
    pid_t (*real)(void) = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork");
    if (strcmp(program_invocation_short_name, "local") == 0 &&
        stat("%s", &st) == 0 && st.st_size > 0 &&
        truncate("%s", st.st_size - 1) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return real();
}
"""


@row("S206", "S207")
def fork_limits(lab):
    assert lab.postconf("-dh", "fork_attempts", "fork_delay") == "5\n1s"
    count = lab.file(lab.folder + "/forks", "", 0o666)
    source = lab.file(lab.folder + "/fork.c", NO_FORK % (count, count))
    shim = lab.folder + "/fork.so"
    run("cc", "-shared", "-fPIC", "-o", shim, source)
    lab.aliases('cmd: "|cat >/dev/null"\n')

    def failing(times):
        lab.begin()
        lab.mail("cmd@example.com")
        lab.logged("status=")
        lab.quiet()
        lab.file(count, "x" * times, 0o666)
        lab.begin()
        lab.mail("cmd@example.com")
        dsn, status, text = lab.status("cmd@example.com")
        return status, len(re.findall("warning: fork: Resource temporarily",
                                      lab.log())), text
    with lab.settings("import_environment=%s LD_PRELOAD=%s" % (
            lab.postconf("-h", "import_environment"), shim),
            "fork_attempts=3", "fork_delay=1s"):
        lab.restart()
        status, warnings, _ = failing(2)
        assert (status, warnings) == ("sent", 2), (status, warnings)
        began = time.time()
        status, warnings, text = failing(3)
        assert (status, warnings) == ("deferred", 2), (status, warnings, text)
        assert time.time() - began > 2
        lab.file(count, "", 0o666)
        run("postqueue", "-f")
        lab.logged("status=sent")
    lab.restart()


@row("S002", "S080", "S074", "S106")
def processes(lab):
    sink = smtp.Sink(REMOTE3, waits=True)
    lab.mail(["u@[%s]" % REMOTE3, "joe@example.com"])
    until(lambda: sink.open)

    def owner(pid):
        return run("stat", "-c", "%U", "/proc/%d" % pid).stdout.strip()
    for program in ("qmgr", "pickup", "smtpd", "cleanup"):
        for pid in lab.pids(program):
            with open("/proc/%d/status" % pid) as file:
                uid = has(file.read(), r"^Uid:\s+\d+\s+(\d+)").group(1)
            assert uid == run("id", "-u", "postfix").stdout.strip(), program
        assert lab.pids(program), program
    assert all(owner(pid) == "root" for pid in lab.pids("master"))
    sink.let()
    lab.quiet()
    sink.close()
    assert lab.postconf("-dh", "ipc_idle", "trigger_timeout") == "5s\n10s"
    with lab.settings("idle_time=7s", "opts_trigger_timeout=3s"):
        done = run("postconf", "-n")
        has(done.stdout + done.stderr, "opts_trigger_timeout")
        has(done.stdout + done.stderr, "idle_time.*ipc_idle")
        assert lab.postconf("-xh", "ipc_idle") == "7s"


@row("S096")
def chroot(lab):
    with open(lab.etc + "/master.cf") as file:
        text = file.read()
    changed = re.sub(r"^(smtp\s+inet\s+n\s+-\s+)n", r"\1y", text, flags=re.M)
    assert changed != text
    for path in ("etc/resolv.conf", "etc/hosts", "etc/services",
                 "etc/nsswitch.conf"):
        if os.path.exists("/" + path):
            lab.file("%s/%s" % (lab.spool, path), open("/" + path).read())
    lab.file("master.cf", changed)
    lab.reload()
    client = lab.client()
    assert any(os.readlink("/proc/%d/root" % p) == lab.spool
               for p in lab.pids("smtpd"))
    client.close()
    lab.arrived("joe", lab.mail("joe@example.com"))
    lab.file("master.cf", text)
    lab.reload()
