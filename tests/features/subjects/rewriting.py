# SPDX-License-Identifier: ISC
"""rewriting.py - addresses: standard form, canonical, masquerade, virtual,
relocated and transport tables."""
import os

import smtp
from lab import (HOST, INDEXED, REMOTE, REMOTE2, REMOTE3, REMOTE4, STRANGER,
                 expect, has, remove, row, run, until)


def setup(lab):
    lab.conf("myorigin=$mydomain")
    lab.aliases("postmaster: bob\n")
    lab.remote = smtp.Sink(REMOTE)
    lab.remote2 = smtp.Sink(REMOTE2)


def header(lab, text, name="To", user="joe", **options):
    """What becomes of a header line of a local message."""
    word = lab.post(user, headers=text + "\n", **options)
    return lab.arrived(user, word)[name]


# ---- Standard form

@row("S007", "S030", "S110", "S111")
def origin(lab):
    word = lab.post("joe", headers="To: plain\n")
    got = lab.arrived("joe", word)
    has(got["From"], r"ann@example\.com")
    has(got["Return-Path"], "<ann@example.com>")
    has(got["To"], "plain@example.com")
    with lab.settings(myorigin="mail.example.com"):
        has(header(lab, "To: plain"), "plain@mail.example.com")
    assert lab.postconf("-dh", "myorigin") == "$myhostname"
    assert lab.postconf("-dh", "append_at_myorigin") == "yes"


@row("S108")
def percent_hack(lab):
    assert "user@other.test" in header(lab, "To: user%other.test")
    with lab.settings(allow_percent_hack="no"):
        assert "user%other.test" in header(lab, "To: user%other.test")


@row("S109")
def percent_route(lab):
    expect(lab.rcpt("joe%elsewhere.test@mail.example.com"), "454 4.7.1")
    expect(lab.rcpt("joe%mail.example.com@mail.example.com"), "250")
    lab.arrived("joe", lab.mail("joe%mail.example.com@mail.example.com"))


@row("S112")
def append_dot(lab):
    assert header(lab, "To: x@host") == "x@host"
    with lab.settings(append_dot_mydomain="yes"):
        assert header(lab, "To: x@host") == "x@host.example.com"
    assert lab.postconf("-dh", "append_dot_mydomain") == \
        "${{$compatibility_level} <level {1} ? {yes} : {no}}"


@row("S113")
def bangpath(lab):
    assert header(lab, "To: site!user") == "user@site"
    with lab.settings(swap_bangpath="no"):
        assert header(lab, "To: site!user").startswith("site!user")


@row("S107", "S118")
def remote_headers(lab):
    with lab.settings("masquerade_domains=$mydomain"):
        word = lab.mail("joe@example.com", "joe@machine1.example.com",
                        source=STRANGER,
                        headers="From: joe@machine1.example.com\n"
                        "To: plain\n")
        got = lab.arrived("joe", word)
        assert got["From"] == "joe@machine1.example.com"
        assert got["To"] == "plain"
        assert got["Return-Path"] == "<joe@example.com>"
    with lab.settings("masquerade_domains=$mydomain",
                      "local_header_rewrite_clients=static:all"):
        word = lab.mail("joe@example.com", "joe@machine1.example.com",
                        source=STRANGER,
                        headers="From: joe@machine1.example.com\n")
        assert lab.arrived("joe", word)["From"] == "joe@example.com"


# ---- Masquerading

@row("S116", "S119", "S117")
def masquerade(lab):
    table = lab.table("mvirtual", "boss@machine2.example.com joe\n")
    with lab.settings("masquerade_domains=$mydomain",
                      "masquerade_exceptions=root",
                      "virtual_alias_maps=" + table):
        word = lab.post("joe", args=["-i", "-f", "joe@machine1.example.com",
                                     "joe"],
                        headers="From: joe@machine1.example.com\n"
                        "To: ann@machine2.example.com\n"
                        "Cc: root@machine1.example.com\n")
        got = lab.arrived("joe", word)
        assert got["From"] == "joe@example.com"
        assert got["To"] == "ann@example.com"
        assert got["Return-Path"] == "<joe@example.com>"
        assert got["Cc"] == "root@machine1.example.com"
        word = lab.post("boss@machine2.example.com",
                        headers="To: boss@machine2.example.com\n")
        assert lab.arrived("joe", word)["To"] == "boss@example.com"


# ---- Canonical

@row("S132", "S133", "S135", "S136", "S142")
def canonical(lab):
    table = lab.table("canonical", "@sub.example.com @example.com\n"
                      "joe Joe.User\n")
    with lab.settings("canonical_maps=" + table):
        lab.aliases("Joe.User: joe\n")
        word = lab.post("ann", user="joe", args=["-i", "ann"],
                        headers="To: x@sub.example.com\n")
        got = lab.arrived("ann", word)
        has(got["From"], "Joe.User@example.com")
        assert got["To"] == "x@example.com"
        has(got["Return-Path"], "<Joe.User@example.com>")
        word = lab.post("joe", user="ann")
        lab.arrived("joe", word)
        word = lab.mail("joe@example.com", "bob@sub.example.com")
        got = lab.arrived("joe", word)
        assert got["Return-Path"] == "<bob@example.com>"
        with lab.settings(defer_transports="local"):
            lab.begin()
            lab.mail("bob@sub.example.com")
            has(run("postcat", "-q", lab.id).stdout, "bob@example.com")
            lab.logged("status=deferred")
            lab.drop_all()


@row("S134")
def several_tables(lab):
    a = lab.table("ca", "both@x.test a@x.test\n")
    b = lab.table("cb", "both@x.test b@x.test\nonly@x.test found@x.test\n")
    with lab.settings("canonical_maps=%s, %s" % (a, b)):
        assert header(lab, "To: only@x.test") == "found@x.test"
        assert header(lab, "To: both@x.test") == "a@x.test"


@row("S137")
def recipient_canonical(lab):
    r = lab.table("rc", "ann joe\n")
    c = lab.table("cc", "joe third\n")
    with lab.settings("recipient_canonical_maps=" + r, "canonical_maps=" + c):
        word = lab.post("ann", user="ann", headers="To: ann\n")
        got = lab.arrived("third", word)
        has(got["To"], "third@example.com")
        has(got["From"], "ann@example.com")


@row("S138", "S139")
def sender_canonical(lab):
    s = lab.table("sc", "joe First.Last\n")
    c = lab.table("cc", "joe third\n")
    with lab.settings("sender_canonical_maps=" + s):
        word = lab.post("joe", user="joe", headers="To: joe\n")
        got = lab.arrived("joe", word)
        has(got["From"], "First.Last@example.com")
        has(got["Return-Path"], "First.Last@example.com")
        has(got["To"], "joe@example.com")
    with lab.settings("sender_canonical_maps=" + s, "canonical_maps=" + c):
        word = lab.post("ann", user="joe")
        has(lab.arrived("ann", word)["From"], "First.Last@example.com")


@row("S140")
def one_format(lab):
    path = lab.file("format", "# comment\n\nKey@x.test  value\n  goes on\n"
                    "other@x.test  two\n")
    run("postmap", INDEXED + ":" + path)
    assert run("postmap", "-q", "kEY@x.test", INDEXED + ":" + path).stdout == \
        "value  goes on\n"
    path = lab.file("duplicate", "a 1\nA 2\n")
    has(run("postmap", INDEXED + ":" + path, check=False).stderr,
        "warning: .*duplicate entry")


@row("S141", "S143", "S120")
def scopes(lab):
    table = lab.table("scope", "old@example.com joe@example.com\n")
    with lab.settings("canonical_maps=" + table):
        word = lab.post("old", headers="To: old\n")
        got = lab.arrived("joe", word)
        assert got["To"] == "joe@example.com"
        assert got["Delivered-To"] == "joe@example.com"
    with lab.settings("virtual_alias_maps=" + table):
        word = lab.post("old", headers="To: old\n")
        got = lab.arrived("joe", word)
        assert got["To"] == "old@example.com"
        has(got["X-Original-To"], "^old(@example.com)?$")
        assert got["Delivered-To"] == "joe@example.com"
    lab.aliases("old: joe\npostmaster: joe\n")
    word = lab.post("old", headers="To: old\n")
    got = lab.arrived("joe", word)
    assert got["To"] == "old@example.com"
    assert got["Delivered-To"] == "old@example.com"


# ---- Virtual

@row("S016", "S019", "S020", "S023", "S024", "S025", "S145", "S146", "S018")
def virtual(lab):
    lab.aliases("")
    table = lab.table("virtual", "virtual.domain anything\n"
                      "postmaster@virtual.domain postmaster\n"
                      "joe@virtual.domain virtual-joe\n")
    path = lab.etc + "/virtual"
    assert run("postmap", "-q", "joe@virtual.domain", table).stdout == \
        "virtual-joe\n"
    with lab.settings("virtual_alias_maps=" + table):
        expect(lab.rcpt("joe@virtual.domain"), "250")
        expect(lab.rcpt("ann@virtual.domain"), "550 5.1.1")
        word = lab.mail("joe@virtual.domain")
        got = lab.arrived("virtual-joe", word)
        assert got["To"] == "joe@virtual.domain"
        assert got["X-Original-To"] == "joe@virtual.domain"
        lab.absent("joe", word)
        lab.arrived("bob", lab.mail("postmaster@virtual.domain"))
        # Text that was edited after postmap says nothing yet.
        with open(path, "a") as file:
            file.write("ann@virtual.domain ann\n")
        expect(lab.rcpt("ann@virtual.domain"), "550 5.1.1")
        run("postmap", table)
        until(lambda: lab.rcpt("ann@virtual.domain").code == 250)
    lab.table("virtual", "joe@virtual.domain virtual-joe\n")
    with lab.settings("virtual_maps=" + table):
        has(lab.postconf("-n"), "^virtual_maps = ")
        has(run("postconf", "-n").stderr, "virtual_maps.*virtual_alias_maps")
        expect(lab.rcpt("nosuch@virtual.domain"), "454 4.7.1")
        lab.arrived("virtual-joe", lab.post("joe@virtual.domain"))
    assert lab.postconf("-dh", "virtual_alias_maps") == "$virtual_maps"


@row("S017")
def sendmail_virtual(lab):
    table = lab.table("svirtual", "joe@sv.test bob\n")
    with lab.settings("virtual_alias_maps=" + table,
                      "mydestination=$mydomain, sv.test"):
        lab.arrived("bob", lab.mail("joe@sv.test"))
        lab.arrived("ann", lab.mail("ann@sv.test"))


@row("S099", "S098")
def extensions(lab):
    table = lab.table("evirtual", "virtual.domain x\n"
                      "joe@virtual.domain virtual-joe\n"
                      "ann+x@virtual.domain bob\n"
                      "ann@virtual.domain third\n")
    with lab.settings("virtual_alias_maps=" + table, "recipient_delimiter=+"):
        word = lab.mail("joe+x@virtual.domain")
        got = lab.arrived("virtual-joe", word)
        assert got["Delivered-To"] == "virtual-joe+x@example.com"
        lab.arrived("bob", lab.mail("ann+x@virtual.domain"))
        lab.arrived("third", lab.mail("ann+y@virtual.domain"))
        lab.arrived("joe", lab.mail("joe+x@example.com"))
    with lab.settings("recipient_delimiter=+-"):
        lab.arrived("joe", lab.mail("joe-x@example.com"))
        lab.arrived("joe", lab.mail("joe+x@example.com"))


@row("S026")
def virtual_types(lab):
    table = lab.table("rvirtual", "/^virtual\\.domain$/ x\n"
                      "/^joe@virtual\\.domain$/ virtual-joe\n", "regexp")
    assert run("postmap", "-q", "joe@virtual.domain", table).stdout == \
        "virtual-joe\n"
    with lab.settings("virtual_alias_maps=" + table):
        expect(lab.rcpt("ann@virtual.domain"), "550 5.1.1")
        lab.arrived("virtual-joe", lab.mail("joe@virtual.domain"))


@row("S144")
def virtual_elsewhere(lab):
    table = lab.table("xvirtual", "x@elsewhere.test joe\n")
    with lab.settings("virtual_alias_maps=" + table):
        lab.arrived("joe", lab.post("x@elsewhere.test"))


@row("S028")
def large_table(lab):
    text = "".join("u%d@d%d.test joe\n" % (i, i % 5000)
                   for i in range(200000))
    text += "".join("d%d.test x\n" % i for i in range(5000))
    table = lab.table("large", text)
    began = os.times()
    for _ in range(5):
        assert run("postmap", "-q", "u4711@d4711.test", table).stdout
    now = os.times()
    assert now.children_user + now.children_system < 3 + \
        began.children_user + began.children_system
    with lab.settings("virtual_alias_maps=" + table):
        lab.arrived("joe", lab.mail("u199999@d4999.test"))
    remove(lab.etc + "/large")


# ---- Relocated

@row("S102", "S152", "S153")
def relocated(lab):
    table = lab.table("relocated", "joe@example.com "
                      "president@whitehouse.test\n")
    with lab.settings("relocated_maps=" + table):
        expect(lab.rcpt("joe@example.com"), "550 5.1.6 <joe@example.com>: "
               "Recipient address rejected: User has moved to "
               "president@whitehouse.test")
        expect(lab.rcpt("joe@mail.example.com"), "250")
        word = lab.post("joe@example.com")
        got = lab.arrived("ann", word)
        has(got.raw, "^Status: 5.1.6")
        has(got.raw, "president@whitehouse.test")
        with lab.settings(relocated_prefix_enable="no"):
            said = lab.rcpt("joe@example.com")
            expect(said, "550 5.2.0")  # the entry has no status of its own
            assert "User has moved to" not in said


# ---- Transport

@row("S147", "S148", "S218")
def transport(lab):
    sink = smtp.Sink(REMOTE3, 2525)
    table = lab.table("transport", "elsewhere.test smtp:[%s]:2525\n"
                      "x.test nosuchservice:\n" % REMOTE3)
    with lab.settings("transport_maps=" + table, "transport_retry_time=2s",
                      "minimal_backoff_time=1s", "maximal_backoff_time=1s",
                      "queue_run_delay=1s"):
        word = lab.mail("u@elsewhere.test")
        until(lambda: sink.got(word))
        lab.mail("u@x.test")
        dsn, status, _ = lab.status("u@x.test")
        assert (dsn, status) == ("4.3.0", "deferred")
        lab.logged("warning: .*transport private/nosuchservice")
        lab.drop_all()
    sink.close()


@row("S150")
def transport_host(lab):
    host, mx = smtp.Sink(REMOTE3), smtp.Sink(REMOTE4)
    table = lab.table("transport", "a.test smtp:inner.test\n"
                      "b.test smtp:[inner.test]\n")
    with lab.settings("transport_maps=" + table):
        word = lab.mail("u@a.test")
        until(lambda: mx.got(word))
        word = lab.mail("u@b.test")
        until(lambda: host.got(word))
    host.close()
    mx.close()


@row("S151", "S155")
def firewall(lab):
    sink = smtp.Sink(REMOTE3)
    table = lab.table("transport", "example.com smtp:[%s]\n" % REMOTE3)
    with lab.settings("mydestination=", "relay_domains=example.com",
                      "local_transport=error:5.1.2 no local mail here",
                      "myorigin=example.com", "alias_maps=",
                      "local_recipient_maps=",
                      "transport_maps=" + table):
        word = lab.mail("joe@example.com", source=STRANGER)
        until(lambda: sink.got(word))
        expect(lab.rcpt("x@elsewhere.test"), "454")
    with lab.settings("local_transport=error:5.1.2 no local mail here"):
        expect(lab.rcpt("joe@example.com"), "550 5.1.2")
        word = lab.post("joe", args=["-i", "-f", "u@ok.test", "joe"])
        report = until(lambda: next((t for t in lab.remote.mail
                                     if word in t[2]), None))
        has(report[2], "^Status: 5.1.2")
    assert lab.postconf("-dh", "local_transport") == "local:$myhostname"
    sink.close()


@row("S056", "S057")
def default_transport(lab):
    word = lab.mail("u@ok.test")
    until(lambda: lab.remote.got(word))
    lab.logged(r"postfix/smtp\[\d+\]: .*to=<u@ok.test>, relay=mx1.ok.test"
               r"\[%s\]:25, .*status=sent" % REMOTE)
    with lab.settings("default_transport=error:no way out"):
        said = lab.rcpt("x@ok.test", source="192.0.2.1")
        expect(said, "550 5.1.1")
        assert "no way out" in said
    assert lab.postconf("-dh", "default_transport") == "smtp"


@row("S158", "S159", "S035", "S036", "S009", "S037", "S033", "S008", "S015")
def names(lab):
    with lab.settings("relay_domains=$mydestination",
                      "mail_name=$inet_interfaces", "relayhost=$b", "b=1",
                      "smtpd_banner=$$ ${b} $(b) ${b?y} ${nil:z}"):
        has(lab.postconf("-xh", "relay_domains"), "mail.example.com")
        assert lab.postconf("-xh", "mail_name") == HOST + ", 127.0.0.1"
        assert lab.postconf("-xh", "relayhost") == "1"
        assert lab.postconf("-xh", "smtpd_banner") == "$ 1 1 y z"
    has(lab.postconf("-xh", "mydestination"), "localhost.example.com")
    expect(lab.rcpt("joe@localhost.example.com"), "250")
    with lab.settings("relay_domains=$mydomain"):
        assert lab.postconf("-xh", "relay_domains") == "example.com"
    path = lab.file("dests", "filedom.test\n# comment\n")
    lab.file("main.cf", open(lab.etc + "/main.cf").read() +
             "mydestination = a.test, b.test\n  c.test, %s\n" % path)
    lab.reload()
    for domain in ("a.test", "b.test", "c.test", "filedom.test"):
        expect(lab.rcpt("joe@" + domain), "250")
    lab.arrived("joe", lab.mail("joe@a.test"))
    lab.arrived("joe", lab.mail("joe@b.test"))
    lab.conf("mydestination=$myhostname, localhost.$mydomain, localhost, "
             "$mydomain")
    lab.reload()
    with lab.settings("mydestination=$mydomainname, $mydomain"):
        done = run("postconf", "-n")
        has(done.stdout + done.stderr, "mydomainname")
        assert lab.postconf("-xh", "mydestination") == ", example.com"
        expect(lab.rcpt("joe@example.com"), "250")


@row("S154")
def local_is_last(lab):
    table = lab.table("last", "joe@example.com ann\n")
    with lab.settings("virtual_alias_maps=" + table):
        word = lab.mail("joe@example.com")
        lab.arrived("ann", word)
        lab.absent("joe", word)
