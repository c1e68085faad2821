# SPDX-License-Identifier: ISC
"""content.py - patterns for headers and bodies, and limits of content."""
from lab import expect, has, row, run


@row("S349", "S352", "S351", "S353", "S355")
def header_checks(lab):
    table = lab.table("hc", "/^X-Mailer: *Spam/ REJECT no spam here\n"
                      "/^X-Bare:/ REJECT\n/^X-Case: Yes/i REJECT case\n"
                      "if /^X-Block/\n/one (.*)/ REJECT saw $1\nendif\n",
                      "regexp")
    assert run("postmap", "-q", "X-Mailer: Spam", table).stdout == \
        "REJECT no spam here\n"
    assert run("postmap", "-q", "x-mailer: spam", table).stdout == \
        "REJECT no spam here\n"
    assert run("postmap", "-q", "X-Case: yes", table,
               check=False).returncode == 1
    with lab.settings(header_checks=table):
        client = lab.client()
        client.envelope("a@ok.test", "joe@example.com")
        expect(client("DATA"), "354")
        client.send("Subject: x\r\nX-Mailer: Spam 1.0\r\n\r\nbody\r\n")
        expect(client("."), "550 5.7.1 no spam here")
        lab.mail("joe@example.com", headers="X-Bare: x\n", want=550)
        expect(lab.said, "550 5.7.1")
        lab.mail("joe@example.com", headers="X-Block: one two\n", want=550)
        assert "saw two" in lab.said
        word = lab.post("joe", user="ann", headers="X-Mailer: Spam\n")
        has(lab.arrived("ann", word).raw, "no spam here")


@row("S350")
def body_checks(lab):
    table = lab.table("bc", "/click here/ REJECT\n", "regexp")
    with lab.settings(body_checks=table):
        lab.mail("joe@example.com", body="please click here\n", want=550)
        expect(lab.said, "550 5.7.1")
        word = lab.mail("joe@example.com", body=("x" * 70 + "\n") * 800 +
                        "click here\n")
        lab.arrived("joe", word)


@row("S354", "S356")
def other_actions(lab):
    table = lab.table("ac", "/^X-Ignore:/ IGNORE\n/^X-Odd:/ NONSENSE\n"
                      "/^Subject: .*ok-test/ OK\n/^X-Mailer: Spam/ REJECT\n"
                      "/^X-Warn:/ WARN look\n/^X-Prepend:/ PREPEND X-New: 1\n"
                      "/^X-Replace:/ REPLACE X-Other: 2\n"
                      "/^X-Redirect:/ REDIRECT ann@example.com\n"
                      "/^X-Discard:/ DISCARD away\n/^X-Hold:/ HOLD wait\n"
                      "/^X-Bcc:/ BCC ann@example.com\n/^X-Info:/ INFO note\n"
                      "/^X-Dunno:/ DUNNO\n/^X-Pass:/ PASS\n"
                      "/^X-Strip:/ STRIP gone\n", "regexp")
    with lab.settings(header_checks=table):
        word = lab.mail("joe@example.com", headers="X-Ignore: a\nX-Odd: b\n"
                        "X-Warn: c\nX-Prepend: d\nX-Replace: e\nX-Info: f\n"
                        "X-Dunno: g\nX-Strip: i\nX-Pass: h\n")
        got = lab.arrived("joe", word)
        assert got["X-Ignore"] is None and got["X-Odd"] == "b"
        assert got["X-New"] == "1" and got["X-Other"] == "2"
        assert got["X-Replace"] is None and got["X-Strip"] is None, got.raw
        lab.logged("warning: .*NONSENSE")
        lab.logged("warning: header X-Warn: c .*: look")
        lab.logged("info: header X-Info: f .*: note")
        lab.logged("strip: header X-Strip: i .*: gone")
        word = lab.mail("joe@example.com", headers="X-Redirect: x\n")
        lab.arrived("ann", word)
        lab.absent("joe", word)
        word = lab.mail("joe@example.com", headers="X-Bcc: x\n")
        lab.arrived("ann", word)
        lab.arrived("joe", word)
        word = lab.mail("joe@example.com", headers="X-Discard: x\n")
        lab.logged("discard: header X-Discard: x .*: away")
        word = lab.mail("joe@example.com", headers="X-Hold: x\n")
        assert lab.id in lab.in_queue("hold")
        lab.drop_all()
        lab.mail("joe@example.com", headers="Subject: ok-test\n"
                 "X-Mailer: Spam\n", want=550)


@row("S208", "S209")
def header_size(lab):
    with lab.settings(header_size_limit="200"):
        folded = "X-Long: " + "\n ".join("part%d%s" % (i, "x" * 40)
                                         for i in range(11)) + "\n"
        word = lab.mail("joe@example.com", headers=folded)
        got = lab.arrived("joe", word)
        assert "part10" not in got.raw
        assert got.get_payload().strip() == "body"
