# SPDX-License-Identifier: ISC
"""server.py - the SMTP server: greeting, commands, limits and timeouts."""
import re
import time

from lab import (NAMELESS, STRANGER, TRUSTED, expect, has, has_session, row,
                 run, until)


def setup(lab):
    lab.conf("relay_domains=relay.test")


@row("S219", "S034", "S078")
def banner(lab):
    expect(lab.client().banner, "220 mail.example.com ESMTP Postfix")
    assert lab.client().banner == "220 mail.example.com ESMTP Postfix"
    assert lab.postconf("-xh", "smtpd_banner") == \
        "mail.example.com ESMTP Postfix"


@row("S221")
def no_version(lab):
    version = lab.postconf("-h", "mail_version")
    assert version not in lab.client().banner
    word = lab.mail("joe@example.com")
    assert version not in lab.arrived("joe", word)["Received"]


@row("S222")
def banner_text(lab):
    port = lab.smtpd("smtpd_banner=$myhostname ESMTP $mail_name NO UCE")
    assert lab.client(port=port).banner == \
        "220 mail.example.com ESMTP Postfix NO UCE"


@row("S077", "S071")
def banner_is_not_in_received(lab):
    port = lab.smtpd("smtpd_banner=$myhostname OTHER")
    word = lab.mail("joe@example.com", port=port)
    got = lab.arrived("joe", word)
    received = got.get_all("Received")
    assert len(received) == 1
    has(received[0], r"by mail\.example\.com \(Postfix\) with ESMTP id "
        + lab.id)
    assert "OTHER" not in got.raw


@row("S081")
def mail_version(lab):
    port = lab.smtpd("mail_version=9.9",
                     "smtpd_banner=$myhostname ESMTP $mail_name "
                     "($mail_version)")
    assert lab.client(port=port).banner == \
        "220 mail.example.com ESMTP Postfix (9.9)"


@row("S076")
def mail_name(lab):
    with lab.settings(mail_name="MyMTA"):
        assert "MyMTA" in lab.client().banner
        word = lab.mail("joe@example.com")
        has(lab.arrived("joe", word)["Received"], r"\(MyMTA\)")
        word = lab.post("nosuch", user="joe")
        has(lab.arrived("joe", word).raw, "This is the mail system at host|"
            "MyMTA")
        has(lab.arrived("joe", word).raw, r"Reporting-MTA: dns; mail.exam")
        has(lab.arrived("joe", word).raw, r"X-MyMTA-Queue-ID:")


@row("S012")
def reload_takes_effect(lab):
    with lab.settings(smtpd_banner="$myhostname changed"):
        until(lambda: "changed" in lab.client().banner)
    until(lambda: "changed" not in lab.client().banner)


@row("S234", "S085")
def helo_and_ehlo(lab):
    client = lab.client()
    assert client("HELO x") == "250 mail.example.com"
    said = client("EHLO x")
    expect(said, "250-mail.example.com\n")
    utf8 = ["SMTPUTF8"] * (lab.postconf("-xh", "smtputf8_enable") == "yes")
    assert [l[4:].split(" ")[0] for l in said.split("\n")[1:]] == [
        "PIPELINING", "SIZE", "VRFY", "ETRN", "ENHANCEDSTATUSCODES",
        "8BITMIME", "DSN", *utf8, "CHUNKING"], said


@row("S233")
def helo_required(lab):
    client = lab.client()
    expect(client("MAIL FROM:<a@ok.test>"), "250 2.1.0")
    client = lab.client(port=lab.smtpd("smtpd_helo_required=yes"))
    expect(client("MAIL FROM:<a@ok.test>"), "503 5.5.1")
    expect(client("HELO x"), "250")
    expect(client("MAIL FROM:<a@ok.test>"), "250")


@row("S226", "S227")
def vrfy(lab):
    client = lab.client()
    expect(client("VRFY joe@example.com"), "252 2.0.0")
    expect(client("VRFY joe"), "252 2.0.0")
    expect(client("VRFY nosuch@example.com"), "550 5.1.1")
    expect(client("VRFY a@elsewhere.test"), "454 4.7.1")
    client = lab.client(port=lab.smtpd("disable_vrfy_command=yes"))
    assert "VRFY" not in client("EHLO x")
    expect(client("VRFY joe"), "502 5.5.1")


@row("S228")
def smtpd_timeout(lab):
    client = lab.client(port=lab.smtpd("smtpd_timeout=2s"))
    began = time.time()
    expect(client.read(), "421 4.4.2")
    assert client.at_end()
    assert time.time() - began > 1.5
    with lab.settings(opts_smtpd_timeout="3s"):
        has(run("postconf", "-n").stderr + run("postconf", "-n").stdout,
            "unused parameter: opts_smtpd_timeout=3s")


@row("S229")
def early_talker(lab):
    client = lab.client(banner=False, port=lab.smtpd(
        "smtpd_client_restrictions=sleep 3", "smtpd_delay_reject=no"))
    client.send("EHLO x\r\nMAIL FROM:<a@ok.test>\r\n")
    said = client.read() + client.read() + client.read()
    has(said, "5.5.0")
    client = lab.client()
    expect(client.banner, "220")
    expect(client("EHLO x"), "250")


@row("S230", "S231")
def soft_errors(lab):
    client = lab.client(port=lab.smtpd("smtpd_soft_error_limit=2",
                                       "smtpd_error_sleep_time=4s"))

    def timed(command):
        began = time.time()
        client(command)
        return time.time() - began
    times = [timed("FOO"), timed("FOO"), timed("FOO"), timed("NOOP")]
    assert times[0] < 3.8 and times[1] < 3.8, times
    assert times[2] > 3.9 and times[3] > 3.9, times
    assert lab.postconf("-dh", "smtpd_error_sleep_time",
                        "smtpd_soft_error_limit") == "1s\n10"


@row("S232")
def hard_errors(lab):
    client = lab.client(port=lab.smtpd("smtpd_hard_error_limit=3",
                                       "smtpd_error_sleep_time=0"))
    for _ in range(3):
        expect(client("FOO"), "502 5.5.2" if False else "5")
    expect(client.read(), "421 4.7.0")
    assert client.at_end()
    assert lab.postconf("-dh", "smtpd_hard_error_limit") == \
        "${stress?{1}:{20}}"


@row("S223", "S224")
def recipient_limit(lab):
    port = lab.smtpd("smtpd_recipient_limit=2")
    client = lab.client(port=port)
    client.envelope("a@ok.test", "joe@example.com", "ann@example.com")
    expect(client("RCPT TO:<bob@example.com>"), "452 4.5.3")
    word = lab.word()
    expect(client.data("Subject: %s\n\nx" % word), "250")
    lab.arrived("joe", word)
    lab.arrived("ann", word)
    lab.absent("bob", word)
    many = ", ".join("u%d@ok.test" % i for i in range(100))
    word = lab.mail("joe@example.com", port=port, headers="To: %s\n" % many)
    lab.arrived("joe", word)


@row("S279", "S289")
def command_order(lab):
    client = lab.client()
    client("EHLO x")
    expect(client("RCPT TO:<joe@example.com>"), "503 5.5.1")
    expect(client("MAIL FROM:<a@ok.test>"), "250 2.1.0")
    expect(client("MAIL FROM:<a@ok.test>"), "503 5.5.1")
    expect(client("RCPT TO:<joe@example.com>"), "250 2.1.5")
    port = lab.smtpd("smtpd_client_restrictions=reject")
    client = lab.client(port=port)
    expect(client.banner, "220")
    expect(client("EHLO x"), "250")
    expect(client("MAIL FROM:<a@ok.test>"), "250")
    expect(client("RCPT TO:<joe@example.com>"), "554 5.7.1")


@row("S337", "S338", "S339")
def strict_envelopes(lab):
    table = lab.table("all_ok", "0.0.0.0/0 OK\n", "cidr")
    client = lab.client(port=lab.smtpd(
        "strict_rfc821_envelopes=yes",
        "smtpd_client_restrictions=check_client_access " + table))
    client("EHLO x")
    expect(client("MAIL FROM:a@ok.test"), "501 5.1.7")
    expect(client("MAIL FROM:<a@ok.test>"), "250")
    expect(client("RCPT TO:joe@example.com"), "501 5.1.3")
    expect(client("RCPT TO:<joe@example.com>"), "250")
    expect(client.data("Subject: nothing else\n\nx"), "250")
    client = lab.client()
    client("EHLO x")
    expect(client("MAIL FROM:a@ok.test"), "250")
    expect(client("RCPT TO:joe@example.com"), "250")


@row("S212")
def size_limit(lab):
    with lab.settings(message_size_limit="2000", queue_minfree="0"):
        client = lab.client()
        has(client("EHLO x"), "SIZE 2000")
        expect(client("MAIL FROM:<a@ok.test> SIZE=3000"), "552 5.3.4")
        client.close()
        client = lab.client()
        client.envelope("a@ok.test", "joe@example.com")
        expect(client.data("Subject: x\n\n" + "x" * 70 + "\n" +
                           ("y" * 70 + "\n") * 50), "552 5.3.4")


@row("S216")
def minfree(lab):
    port = lab.smtpd("queue_minfree=99999999999999")
    client = lab.client(port=port)
    client("EHLO x")
    expect(client("MAIL FROM:<a@ok.test>"), "452 4.3.1")


@row("S210", "S211")
def long_lines(lab):
    port = lab.smtpd("line_length_limit=600")
    word = lab.mail("joe@example.com", body="start\n" + "z" * 1800 + "\n",
                    port=port)
    assert "z" * 1800 in lab.arrived("joe", word).raw
    client = lab.client(port=port)
    expect(client("NOOP " + "y" * 700), "500 5.5.2")
    expect(client("NOOP"), "250")


@row("S070")
def hopcount(lab):
    with lab.settings(hopcount_limit="3"):
        hop = "Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\n"
        lab.mail("joe@example.com", headers=hop * 2, want=554)
        expect(lab.said, "554 5.4.0")
        lab.arrived("joe", lab.mail("joe@example.com", headers=hop))


@row("S237", "S236", "S238")
def etrn(lab):
    client = lab.client()
    client("EHLO x")
    expect(client("ETRN relay.test"), "250")
    expect(client("ETRN other.test"), "459")
    client("MAIL FROM:<a@ok.test>")
    expect(client("ETRN relay.test"), "503")
    table = lab.table("etrn", "relay.test OK\nother.test 459 4.7.1 no\n")
    client = lab.client(port=lab.smtpd(
        "smtpd_etrn_restrictions=check_etrn_access %s, reject" % table))
    client("EHLO x")
    expect(client("ETRN relay.test"), "250")
    expect(client("ETRN other.test"), "459 4.7.1")
    expect(client("ETRN third.test"), "554 5.7.1")


@row("S336", "S013")
def log_lines(lab):
    word = lab.mail("joe@example.com", source=STRANGER)
    lab.arrived("joe", word)
    for line in (r"postfix/smtpd\[\d+\]: connect from client.ok.test\["
                 + re.escape(STRANGER),
                 r"postfix/smtpd\[\d+\]: %s: client=client.ok.test" % lab.id,
                 r"postfix/cleanup\[\d+\]: %s: message-id=" % lab.id,
                 r"postfix/qmgr\[\d+\]: %s: from=<user@ok.test>, size=\d+, "
                 r"nrcpt=1 \(queue active\)" % lab.id,
                 r"postfix/local\[\d+\]: %s: to=<joe@example.com>, "
                 r"relay=local, delay=[0-9.]+, delays=[0-9./]+, dsn=2.0.0, "
                 r"status=sent \(delivered to mailbox\)" % lab.id,
                 r"postfix/qmgr\[\d+\]: %s: removed" % lab.id,
                 r"postfix/smtpd\[\d+\]: disconnect from client.ok.test"):
        lab.logged(line)


@row("S319")
def stored_before_reply(lab):
    lab.mail("joe@example.com")
    expect(lab.said, "250 2.0.0 Ok: queued as ")


@row("S335", "S088", "S010", "S032")
def no_open_relay(lab):
    expect(lab.rcpt("x@elsewhere.test"), "454 4.7.1")
    expect(lab.rcpt("x@elsewhere.test", source=TRUSTED), "250")
    expect(lab.rcpt("joe@example.com"), "250")
    expect(lab.rcpt("joe@mail.example.com"), "250")
    port = lab.smtpd("smtpd_relay_restrictions=reject_unauth_destination")
    expect(lab.rcpt("x@elsewhere.test", port=port), "554 5.7.1")
    assert lab.postconf("-dh", "mydestination") == \
        "$myhostname, localhost.$mydomain, localhost"
    with lab.settings("mydestination=$myhostname"):
        expect(lab.rcpt("joe@example.com"), "454 4.7.1")


@row("S332", "S333")
def debug_peer(lab):
    def lines(port, source):
        mark = len(lab.log(0).encode())
        client = lab.client(source, port)
        client.envelope("a@ok.test", "joe@example.com")
        client("QUIT")
        client.close()
        until(lambda: "disconnect from" in lab.log(mark))
        return lab.log(mark).count("\n")
    ports = lab.smtpds([["debug_peer_list=198.51.100.7"],
                        ["debug_peer_list=198.51.100.7",
                         "debug_peer_level=1"]])
    quiet, other = lines(25, STRANGER), lines(ports[0], NAMELESS)
    two, one = lines(ports[0], STRANGER), lines(ports[1], STRANGER)
    assert quiet <= 6 and other <= 6, (quiet, other)
    assert two > 3 * quiet, (quiet, two)
    lab.levels = (quiet, one, two)


@row("S334")
def debug_level(lab):
    quiet, one, two = lab.levels
    assert quiet < one < two, lab.levels
    lab.begin()
    port = lab.smtpd("debug_peer_list=198.51.100.7")
    lab.rcpt("joe@example.com", port=port)
    lab.logged("> client.ok.test.198.51.100.7.: 250 2.1.5 Ok")
    lab.logged("generic_checks: name=permit_mynetworks status=none")
    assert lab.postconf("-dh", "debug_peer_level") == "2"


@row("S201", "S202")
def process_limit(lab):
    with lab.settings(default_process_limit="2"):
        a, b = lab.client(), lab.client()
        c = lab.client(banner=False)
        c.socket.settimeout(2)
        try:
            said = c.file.readline()
        except TimeoutError:
            said = b""
        assert said == b"", said
        word = None
        expect(a.envelope("a@ok.test", "joe@example.com"), "250")
        expect(b.envelope("a@ok.test", "joe@example.com"), "250")
        assert len(lab.pids("smtpd")) == 2 and len(lab.pids("cleanup")) == 2
        lab.logged("warning: service \"smtp\".* has reached its process limit")
        for client in (a, b, c):
            client.close()
    del word


@row("S084")
def max_use(lab):
    with lab.settings(max_use="2"):
        pids = []
        for _ in range(3):
            lab.begin()
            client = lab.client(TRUSTED)
            found = lab.logged(r"smtpd\[(\d+)\]: connect from .*%s"
                               % re.escape(TRUSTED))
            pids.append(found.group(1))
            client("QUIT")
            client.close()
            lab.logged(r"smtpd\[%s\]: disconnect" % pids[-1])
            until(lambda: not has_session(pids[-1]))
            time.sleep(0.3)  # it has yet to tell master
        assert pids[0] == pids[1] != pids[2], pids


@row("S082", "S083")
def max_idle(lab):
    with lab.settings(max_idle="2s"):
        lab.arrived("joe", lab.mail("joe@example.com"))
        before = lab.pids("qmgr")
        def left():
            return [p for p in ("smtpd", "cleanup", "trivial-rewrite",
                                "proxymap", "local") if lab.pids(p)]
        try:
            until(lambda: not left())
        except AssertionError:
            raise AssertionError("still there: %s" % left())
        assert before == lab.pids("qmgr") != []


@row("S156")
def address_literal(lab):
    expect(lab.rcpt("joe@[192.0.2.10]"), "250")
    expect(lab.rcpt("joe@[203.0.113.1]"), "454 4.7.1")
    word = lab.mail("joe@[192.0.2.10]")
    lab.arrived("joe", word)


@row("S235")
def untrusted_routing(lab):
    expect(lab.rcpt("joe%elsewhere.test@relay.test"), "454 4.7.1")
    port = lab.smtpd("allow_untrusted_routing=yes")
    expect(lab.rcpt("joe%elsewhere.test@relay.test", port=port), "250")


@row("S114")
def null_recipient(lab):
    client = lab.client()
    client.envelope("a@ok.test")
    expect(client("RCPT TO:<>"), "501 5.1.3")
    lab.aliases("")
    word = lab.post("", args=["-i", "<>"])
    lab.arrived("bob", word)
    assert lab.postconf("-dh", "empty_address_recipient") == "MAILER-DAEMON"


@row("S301")
def codes(lab):
    for said in (lab.rcpt("nosuch@example.com"), lab.rcpt("x@elsewhere.test"),
                 lab.rcpt("joe@example.com")):
        number, enhanced = said.split(" ")[:2]
        has(said, r"^[245]\d\d [245]\.\d+\.\d+ ")
        assert number[0] == enhanced[0]
