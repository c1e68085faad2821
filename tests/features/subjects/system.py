# SPDX-License-Identifier: ISC
"""system.py - commands, main.cf, tables and the system as a whole."""
import os
import re
import time

import smtp
from lab import (HOST, INDEXED, REMOTE, STRANGER, SUFFIX, TRUSTED, expect,
                 has, remove, row, run, until)


def setup(lab):
    lab.aliases("")


@row("S001", "S003")
def sendmail(lab):
    for args, user in ((["-t"], "ann"), (["-oi", "joe"], "ann"),
                       (["-i", "-f", "x@ok.test", "joe"], "ann"),
                       (["-i", "-oem", "joe"], "ann")):
        word = lab.post("joe", args=args, user=user,
                        headers="To: joe@example.com\n")
        got = lab.arrived("joe", word)
        if "-f" in args:
            assert got["Return-Path"] == "<x@ok.test>"
    assert run("mailq").stdout == "Mail queue is empty\n"
    run("newaliases")
    lab.file(lab.home + "/joe/.forward", "ann\n", 0o644, "joe")
    lab.arrived("ann", lab.post("joe"))
    remove(lab.home + "/joe/.forward")


@row("S006")
def three_settings(lab):
    sink = smtp.Sink(REMOTE)
    with lab.settings("myorigin=example.com", "mydestination=example.com",
                      "mynetworks=192.0.2.0/24"):
        lab.arrived("joe", lab.mail("joe@example.com", source=STRANGER))
        word = lab.mail("u@ok.test", source=TRUSTED)
        until(lambda: sink.got(word))
        expect(lab.rcpt("u@ok.test"), "454 4.7.1")
    sink.close()


@row("S011")
def attached_networks(lab):
    with lab.settings("compatibility_level=0"):
        run("postconf", "-X", "mynetworks")
        has(lab.postconf("-xh", "mynetworks"), "127.0.0.0/8")
        run("postconf", "-e", "compatibility_level=3.6")
        value = lab.postconf("-xh", "mynetworks")
        has(value, "192.0.2.10/32")
        assert "/8" not in value


@row("S021", "S022", "S055", "S126", "S053")
def tables(lab):
    kinds = lab.postconf("-m").split()
    path = lab.file("f", "k value\nother two\n")
    run("postmap", INDEXED + ":" + path)
    assert os.path.exists(path + "." + SUFFIX)
    assert run("postmap", "-q", "k", INDEXED + ":" + path).stdout == "value\n"
    assert run("postmap", "-q", "no", INDEXED + ":" + path,
               check=False).returncode == 1
    said = run("postmap", "-s", INDEXED + ":" + path).stdout
    assert sorted(said.splitlines()) == ["k\tvalue", "other\ttwo"]
    run("postmap", "-d", "k", INDEXED + ":" + path)
    assert run("postmap", "-q", "k", INDEXED + ":" + path,
               check=False).returncode == 1
    run("postmap", "-i", INDEXED + ":" + path, text="new three\n")
    assert run("postmap", "-q", "new", INDEXED + ":" + path).stdout == "three\n"
    bad = lab.file("bad", "good 1\nlonely\n")
    has(run("postmap", INDEXED + ":" + bad, check=False).stderr,
        r"warning: .*bad, line 2: ")
    remove(path + "." + SUFFIX)
    kind = lab.postconf("-xh", "default_database_type")
    run("postmap", path)
    assert kind == INDEXED
    assert os.path.exists(path + "." + SUFFIX)
    for kind, suffix in (("lmdb", ".lmdb"), ("cdb", ".cdb")):
        if kind in kinds:
            run("postmap", "%s:%s" % (kind, path))
            assert os.path.exists(path + suffix)
    if "dbm" not in kinds:
        done = run("postmap", "dbm:" + path, check=False)
        assert done.returncode != 0
        has(done.stderr, "dbm")


@row("S029")
def main_cf(lab):
    path = lab.etc + "/main.cf"
    with open(path) as file:
        before = file.read()
    lab.file("main.cf", before + "# comment = no\nmail_name = one\n  two\n"
             "relayhost = 1\nrelayhost = 2\n")
    done = run("postconf", "-h", "mail_name", "relayhost")
    has(done.stdout, r"\Aone +two\n2\n\Z")
    has(run("postconf", "-n").stderr, "warning: .*relayhost")
    run("postconf", "-e", "mail_name=three")
    with open(path) as file:
        text = file.read()
    assert "# comment = no\nmail_name = three\nrelayhost" in text, text[-200:]
    lab.file("main.cf", before)


@row("S073")
def interfaces(lab):
    lab.stop()
    lab.conf("inet_interfaces=" + HOST)
    lab.start()
    text = open("/proc/net/tcp").read()
    assert len(re.findall(r":0019 0{8}:0000 0A", text)) == 1
    has(text, "0A0200C0:0019")
    lab.stop()
    lab.conf("inet_interfaces=loopback-only")
    lab.start()
    has(open("/proc/net/tcp").read(), "0100007F:0019")
    lab.stop()
    lab.conf("inet_interfaces=$myhostname, 127.0.0.1")
    lab.start()
    has(open("/proc/net/tcp").read(), "0A0200C0:0019")


@row("S086", "S087")
def host_name(lab):
    with open(lab.etc + "/main.cf") as file:
        before = file.read()
    run("postconf", "-X", "myhostname")
    for name, full in (("a.b.test", "a.b.test"), ("a", "a.localdomain")):
        done = run("unshare", "--uts", "sh", "-c", "hostname %s; "
                   "postconf -dh myhostname" % name)
        assert done.stdout.strip() == full, done.stdout
    lab.file("main.cf", before)
    assert lab.postconf("-h", "mydomain") == "example.com"


@row("S100", "S101")
def program_directory(lab):
    folder = lab.postconf("-h", "daemon_directory")
    for name in ("master", "smtpd", "qmgr", "local"):
        assert os.access(folder + "/" + name, os.X_OK), name
    assert os.stat(folder).st_uid == 0
    assert lab.postconf("-dh", "daemon_directory") == "/usr/libexec/postfix"
    with open(lab.etc + "/main.cf") as file:
        before = file.read()
    text = re.sub("^daemon_directory *=", "program_directory =", before,
                  flags=re.M)
    lab.file("main.cf", text)
    done = run("postconf", "-n")
    has(done.stdout + done.stderr, "program_directory.*daemon_directory")
    assert lab.postconf("-xh", "daemon_directory") == folder
    lab.file("main.cf", before)


@row("S131", "S018")
def manuals(lab):
    top = lab.dir + "/man"
    for page in ("man1/postalias.1", "man5/virtual.5", "man5/access.5",
                 "man5/aliases.5", "man5/canonical.5", "man5/relocated.5",
                 "man5/transport.5", "man5/header_checks.5",
                 "man5/postconf.5"):
        assert os.path.exists("%s/%s" % (top, page)), page
    path = lab.file("al", "joe: bob\n")
    run("postalias", INDEXED + ":" + path)
    assert run("postalias", "-q", "joe", INDEXED + ":" + path).stdout == "bob\n"
    assert "joe" in run("postalias", "-s", INDEXED + ":" + path).stdout
    run("postalias", "-d", "joe", INDEXED + ":" + path)
    assert run("postalias", "-q", "joe", INDEXED + ":" + path,
               check=False).returncode == 1


@row("S197")
def limits(lab):
    for name in ("bounce_size_limit", "command_time_limit",
                 "default_process_limit", "duplicate_filter_limit",
                 "deliver_lock_attempts", "deliver_lock_delay",
                 "fork_attempts", "fork_delay", "header_size_limit",
                 "line_length_limit", "message_size_limit",
                 "qmgr_message_active_limit", "qmgr_message_recipient_limit",
                 "queue_minfree", "stale_lock_time", "transport_retry_time"):
        has(lab.postconf("-dh", name), r"^\d+s?$")
    port = lab.smtpd("line_length_limit=nonsense")
    try:
        banner = lab.client(port=port, timeout=2).banner
    except TimeoutError:
        banner = ""
    assert not banner.startswith("220")
    lab.logged("fatal: .*line_length_limit.*nonsense")


@row("S012")
def reload_keeps_mail(lab):
    with lab.settings(defer_transports="local"):
        word = lab.mail("joe@example.com")
        lab.logged("status=deferred")
    run("postqueue", "-f")
    lab.arrived("joe", word)


@row("S020")
def stale_database(lab):
    path = lab.file("stale", "a@x.test joe\n")
    run("postmap", INDEXED + ":" + path)
    old = time.time() - 1000
    os.utime(path + "." + SUFFIX, (old, old))
    os.utime(path, (old + 500, old + 500))
    has(run("postmap", "-q", "a@x.test", INDEXED + ":" + path).stderr,
        r"warning: database .*stale\.\w+ is older than source file")


@row("S027")
def ldap(lab):
    lab.need("ldap")
    table = "ldap:" + lab.file("ldap.cf", "server_host = ldap://192.0.2.10:1\n"
                               "search_base = dc=test\ntimeout = 2\n"
                               "result_attribute = mail\n")
    done = run("postmap", "-q", "joe@virtual.domain", table, check=False)
    assert done.returncode == 1
    has(done.stderr, "ldap.cf")
