#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hostile.py PORT LOCAL STRICT SHORT - hostile clients, one conversation after
the other.

Prints a line for each family of conversations, and at the end how many messages
the server said that it took. LOCAL is an address that exists here; everything
at relay.test is elsewhere, and this client may not send there. STRICT: ports
with other values of smtpd_forbid_bare_newline; SHORT: one where a command has
five seconds.
"""
import concurrent.futures
import itertools
import re
import select
import socket
import sys
import time

PORT, LOCAL = int(sys.argv[1]), sys.argv[2]
STRICT, SHORT = [int(port) for port in sys.argv[3].split()], int(sys.argv[4])
REPLY = re.compile(rb"(\d\d\d)([ -])([^\r\n]*)\r\n")
QUEUED = b"queued as "
queued = 0
conversations = 0
refusals = 0


class Wrong(Exception):
    pass


class Session:
    """One connection. Every byte that the server sends must be a reply."""

    def __init__(self, hello=True, port=PORT):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=180)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.closed = False
        if self.reply()[:3] != b"220":
            raise Wrong("no greeting")
        if hello:
            self.want(b"EHLO hostile.test", 250)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            self.closed = True

    def fill(self):
        try:
            data = self.sock.recv(65536)
        except ConnectionError:
            data = b""
        self.closed = not data
        self.buffer += data
        return bool(data)

    def reply(self):
        """The text of a whole reply; b"" at the end of the connection."""
        global queued, refusals
        text = b""
        while True:
            while b"\n" not in self.buffer:
                if not self.fill():
                    if self.buffer:
                        raise Wrong("half a reply: %r" % self.buffer)
                    return text
            line, self.buffer = self.buffer.split(b"\n", 1)
            match = REPLY.fullmatch(line + b"\n")
            if not match:
                raise Wrong("not a reply: %r" % line)
            if len(line) > 2000:
                raise Wrong("a reply of %d bytes" % len(line))
            text += line + b"\n"
            if match[2] == b" ":
                if QUEUED in line:
                    queued += 1
                elif line[:1] in b"45":
                    refusals += 1
                return text

    def ask(self, line):
        self.send(line + b"\r\n")
        return self.reply()

    def want(self, line, *codes):
        got = self.ask(line)
        if got[:3] not in [b"%d" % c for c in codes]:
            raise Wrong("%r: %r" % (line[:200], got))
        return got

    def all_replies(self, end=b"QUIT\r\n"):
        """What comes until the connection ends."""
        self.send(end)
        out = []
        while True:
            one = self.reply()
            if not one:
                self.sock.close()
                return out
            out.append(one)

    def start_mail(self, to=None):
        self.want(b"MAIL FROM:<evil@elsewhere.test>", 250)
        self.want(b"RCPT TO:<%s>" % (to or LOCAL.encode()), 250)

    def end_input(self):
        """No more to say; the server may have hung up first."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def abort(self):
        self.sock.close()


families = []


def family(function):
    families.append(function)
    return function


def check(condition, what):
    if not condition:
        raise Wrong(what)


# ---- The end of a message ----

@family
def ends_of_data():
    """Nothing but CR LF . CR LF ends a message; what follows is its text."""
    before = [b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\0\n", b"\r\n\0", b"\r\n ", b"\0\r\n\0"]
    after = [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\0\r\n"]
    dots = [b".", b"..", b"\0."]
    for first, dot, last in itertools.product([b"\r\n", *before], dots, after):
        if b"\r\n.\r\n" in first + dot + last:
            continue
        yield lambda e=first + dot + last: smuggle(e)
        if dot == b".":
            yield lambda e=first + dot + last: smuggle(e, pieces=True)
            for port in STRICT:
                yield lambda e=first + dot + last, p=port: smuggle(e, port=p)


@family
def ends_after_others():
    """What came before in the session changes nothing."""
    local = LOCAL.encode()
    mail = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<%s>\r\n" % local
    for before in (mail + b"BDAT 3 LAST\r\nx\r\n", mail + b"BDAT 2\r\nx\n", mail + b"BDAT 2\r\nx\r",
                   mail, mail + b"BDAT 0 LAST\r\n", b"BDAT 3\r\n\r\n."):
        for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n"):
            yield lambda b=before + b"RSET\r\n", e=end: smuggle(e, before=b)


def smuggle(end, port=PORT, pieces=False, before=b""):
    """With <pieces>, each byte of the end is a segment of its own."""
    session = Session(port=port)
    session.send(before)
    for _ in range(len(re.findall(rb"[A-Z]{4}[^\r\n]*\r\n", before))):
        session.reply()
    session.start_mail()
    session.want(b"DATA", 354)
    session.send(b"Subject: outer\r\n\r\ntext")
    for at in range(len(end)) if pieces else ():
        session.send(end[at:at + 1])
        time.sleep(0.002)
    session.send((b"" if pieces else end) +
                 b"MAIL FROM:<evil@elsewhere.test>\r\nRCPT TO:<%s>\r\nDATA\r\n"
                 b"Subject: inner\r\n\r\nsmuggled\r\n.\r\n" % LOCAL.encode())
    replies = session.all_replies()
    check(sum(QUEUED in r for r in replies) <= 1, "two messages by %r: %r" % (end, replies))
    check(not any(b"354" == r[:3] for r in replies), "a second DATA by %r" % end)
    check(len(replies) == 2, "%d replies to %r" % (len(replies), end))


# ---- Lines ----

@family
def overlong_lines():
    """One line, one reply, whatever its length and whatever its tail says."""
    for size in (600, 2000, 2047, 2048, 2049, 4096, 8192, 65536, 1 << 20):
        for tail in (b"QUIT", b"RSET", b"MAIL FROM:<x@y.test>", b"DATA", b"VRFY postmaster",
                     b"\0RSET", b"\rRSET"):
            yield lambda s=size, t=tail: one_long_line(s, t)


def one_long_line(size, tail):
    session = Session()
    session.send(b"NOOP " + b"x" * (size - len(tail) - 6) + b" " + tail + b"\r\n")
    first = session.reply()
    if first[:3] == b"421" or not first:
        return
    second = session.ask(b"NOOP end")
    if not second:
        return
    rest = [second] + session.all_replies()
    check([r[:3] for r in rest] == [b"250", b"221"],
          "a line of %d with %r: %r, then %r" % (size, tail, first, rest))


@family
def strange_bytes():
    """A byte that has no place in a command does not make two of it."""
    odd = [b"\0", b"\r", b"\n", b"\x0b", b"\x0c", b"\x80", b"\xff", b"\x1b[2J", b"\x7f", b"\xc0\xaf",
           b"\xe2\x80\xa8", b"\x85"]
    for byte in odd:
        for form in (b"MAIL FROM:<a%sb@elsewhere.test>", b"MAIL%s FROM:<a@elsewhere.test>",
                     b"MAIL FROM:<a@elsewhere.test>%sRCPT TO:<a@relay.test>",
                     b"VRFY %s", b"HELO a%sb", b"%s", b"NOOP%s"):
            yield lambda t=form % byte: one_odd_line(t)


def one_odd_line(text):
    session = Session(hello=False)
    session.want(b"HELO hostile.test", 250)
    session.send(text + b"\r\n")
    lines = len([p for p in text.split(b"\n")]) if b"\n" in text else 1
    replies = session.all_replies()
    check(len(replies) <= lines + 1, "%r: %r" % (text, replies))
    check(all(QUEUED not in r for r in replies), "queued")


@family
def unterminated():
    """An end in the middle of anything is an end."""
    parts = [b"", b"E", b"EHLO", b"EHLO x\r", b"EHLO x\r\nMAIL", b"EHLO x\r\nMAIL FROM:<",
             b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<%s>\r\n" % LOCAL.encode(),
             b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<%s>\r\nDATA\r\n" % LOCAL.encode(),
             b"\0" * 5000, b"\xff" * 5000, b"x" * 100000]
    for part in parts:
        yield lambda p=part: half_close(p)
        yield lambda p=part: reset(p)
    for text in (b"Subject: x\r\n\r\nhalf", b"Subject: x\r\n\r\nhalf\r\n.", b".\r", b"\r\n.\r"):
        yield lambda t=text: cut_in_data(t)


def half_close(part):
    session = Session(hello=False)
    session.send(part)
    session.end_input()
    while session.reply():
        pass


def reset(part):
    session = Session(hello=False)
    session.send(part)
    session.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    session.abort()


def cut_in_data(text):
    session = Session()
    session.start_mail()
    session.want(b"DATA", 354)
    session.send(text)
    session.end_input()
    while True:
        one = session.reply()
        if not one:
            break
        check(QUEUED not in one, "half a message was taken: %r" % text)


# ---- BDAT ----

@family
def chunks():
    text = b"Subject: chunk\r\n\r\nsome text\r\n"
    good = b"%d" % len(text)
    for size in (b"", b"-1", b"+1", b"0x10", b"1e3", b"99999999999999999999", b"18446744073709551616",
                 b"9223372036854775807", b"4294967296", b" 5", b"5 5", b"5 LAST LAST", b"LAST",
                 b"LAST 5", b"5\0", b"5 FIRST", b"%s" % (b"9" * 500), b"0 LASTX", b"\xff", b"1.5"):
        yield lambda s=size: bad_chunk_size(s)
    yield lambda: chunk_order([b"BDAT " + good + b" LAST\r\n" + text])
    for commands in (
            [b"MAIL FROM:<a@b.test>\r\n", b"BDAT " + good + b"\r\n" + text],
            [b"DATA\r\n"],
            [b"BDAT 0\r\n", b"DATA\r\n"],
            [b"BDAT 0 LAST\r\n", b"BDAT " + good + b" LAST\r\n" + text]):
        yield lambda c=commands: chunk_order(c)
    for inside in (b".\r\n", b"\r\n.\r\n", b"QUIT\r\n", b"RSET\r\nMAIL FROM:<x@y.test>\r\n", b"\0" * 100,
                   b"\n.\n", b"\r", b"x" * 5000):
        yield lambda i=inside: chunk_is_opaque(i)
    for size in (1, 2, 3, 7):
        yield lambda s=size: many_chunks(s)
    yield unfinished_chunk
    yield mixed_after_chunk


def bad_chunk_size(size):
    session = Session()
    session.start_mail()
    session.send(b"BDAT " + size + b"\r\n")
    if size.strip().split(b" ")[0].isdigit() and len(size) < 8 and size not in (b"0 LASTX",):
        session.end_input()
    else:
        session.send(b"QUIT\r\n")
        session.end_input()
    while True:
        one = session.reply()
        if not one:
            return
        check(QUEUED not in one, "BDAT %r was taken" % size)


def chunk_order(commands):
    session = Session()
    for one in commands:
        session.send(one)
    replies = session.all_replies()
    check(not any(QUEUED in r for r in replies), "%r: %r" % (commands, replies))


def chunk_is_opaque(inside):
    session = Session()
    session.start_mail()
    text = b"Subject: opaque\r\n\r\n" + inside
    session.send(b"BDAT %d LAST\r\n" % len(text) + text)
    replies = session.all_replies()
    check(len(replies) == 2 and replies[1][:3] == b"221", "%r: %r" % (inside, replies))


def many_chunks(size):
    session = Session()
    session.start_mail()
    text = b"Subject: small chunks\r\n\r\n" + b"line\r\n.\r\n" * 20
    for at in range(0, len(text), size):
        part = text[at:at + size]
        session.send(b"BDAT %d\r\n" % len(part) + part)
        check(session.reply()[:3] == b"250", "a chunk was refused")
    check(QUEUED in session.ask(b"BDAT 0 LAST"), "not taken")
    session.all_replies()


@family
def refused_chunks():
    """What a chunk has is no command, even when the chunk is refused."""
    local = LOCAL.encode()
    inside = (b"MAIL FROM:<evil@elsewhere.test>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: in a chunk\r\n"
              b"\r\nx\r\n.\r\nBDAT 3 LAST\r\nabcQUIT\r\n" % local)
    mail, rcpt = b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<%s>\r\n" % local
    for before in ([], [mail], [mail, b"RCPT TO:<x@relay.test>\r\n"], [mail, rcpt, b"RSET\r\n"],
                   [mail, rcpt, b"EHLO again.test\r\n"], [mail, rcpt, b"BDAT 0 LAST\r\n"],
                   [mail, rcpt, b"BDAT 3\r\nabc", b"RSET\r\n"], [mail, rcpt, b"BDAT 3\r\nabc", mail],
                   [mail, rcpt, b"BDAT 3\r\nabc", rcpt], [mail, rcpt, b"BDAT 3\r\nabc", b"DATA\r\n"],
                   [mail, rcpt, b"BDAT 3\r\nabc", b"NOOP\r\n"], [mail, rcpt, b"XYZZY\r\n"],
                   [mail + b"RCPT TO:<%s> X=Y\r\n" % local], [b"MAIL FROM:<a@b.test> SIZE=99999999999\r\n"]):
        for last in (b"", b" LAST", b" last", b"  LAST"):
            yield lambda b=before, l=last: one_refused_chunk(b, inside, l)
    for last in (b"", b" LAST"):
        yield lambda l=last: one_refused_chunk([mail, rcpt], inside * 140000, l)


def one_refused_chunk(before, inside, last):
    """One reply for each command, one for the chunk, one for QUIT."""
    session = Session()
    taken = queued
    for command in before:
        session.send(command)
        for _ in range(command.count(b"\r\n") if command[:4] != b"BDAT" else 1):
            session.reply()
    before_it = queued
    session.send(b"BDAT %d%s\r\n" % (len(inside), last) + inside)
    replies = session.all_replies()
    check(len(replies) == 2 and replies[1][:3] == b"221" or
          len(replies) == 1 and replies[0][:3] == b"421", "%r, %r: %r" % (before, last, replies))
    check(queued - before_it <= 1 and before_it - taken <= 1, "%r: %d messages" % (before, queued - taken))


def unfinished_chunk():
    session = Session()
    session.start_mail()
    session.send(b"BDAT 1000 LAST\r\nSubject: short\r\n\r\n")
    session.end_input()
    while True:
        one = session.reply()
        if not one:
            return
        check(QUEUED not in one, "an unfinished chunk was taken")


def mixed_after_chunk():
    session = Session()
    session.start_mail()
    session.send(b"BDAT 5\r\nabcdeRCPT TO:<a@relay.test>\r\nMAIL FROM:<x@y.test>\r\n")
    replies = session.all_replies()
    check(not any(QUEUED in r for r in replies), "taken: %r" % replies)


# ---- Relaying ----

RELAY = """
user@relay.test
user%relay.test@{domain}
user%relay.test
@{domain}:user@relay.test
@relay.test:{local}
@relay.test,@{domain}:user@relay.test
"user@relay.test"@{domain}
"user@relay.test"
user@relay.test@{domain}
relay.test!user@{domain}
relay.test!user
{domain}!user%relay.test
user%relay.test%{domain}
user%relay.test@[127.0.0.1]
"user%relay.test"@{domain}
user@relay.test.
user@RELAY.TEST
user@relay.test@
user@@relay.test
user@[192.0.2.1]
user@[IPv6:2001:db8::1]
user@[IPv6:::ffff:192.0.2.1]
user@192.0.2.1
user@#3221225985
user@.relay.test
user@relay..test
user@relay.test..
user @relay.test
user@ relay.test
user@relay.test{tab}
user(comment)@relay.test
user@(comment)relay.test
(comment)user@relay.test
user@relay.test (comment)
"user"@relay.test
us\\er@relay.test
user\\@{domain}@relay.test
{local},user@relay.test
{local} user@relay.test
user@relay.test {local}
<user@relay.test>
<<user@relay.test>>
{local}@relay.test
@relay.test
user@
user@localhost@relay.test
|/bin/sh@relay.test
/etc/passwd@relay.test
"|touch hostile"@{domain}
"/tmp/hostile"@{domain}
":include:/etc/passwd"@{domain}
|touch
../../etc/passwd@{domain}
user@xn--
user@relay_test
user@-relay.test
user@relay.test-
user@relay.test:25
user@[relay.test]
user@[127.0.0.1]
user@[]
user@[IPv6:]
user@relay.test;{domain}
user@relay.test?{domain}
user@relay.test#@{domain}
user=relay.test@{domain}
user+relay.test@relay.test
smtp:user@relay.test
[relay.test]!user
:user@relay.test
mailto:user@relay.test
""@relay.test
"" @{domain}
@
@@
%
!
user%
!user
"""


@family
def relaying():
    """A recipient elsewhere is refused, however it is written."""
    domain = LOCAL.split("@")[1]
    for line in RELAY.strip("\n").split("\n"):
        address = line.format(domain=domain, local=LOCAL, tab="\t").encode()
        yield lambda a=address: no_relay(b"RCPT TO:<" + a + b">")
    for form in (b"RCPT TO: user@relay.test", b"RCPT TO:user@relay.test", b"RCPT TO:<user@relay.test",
                 b"RCPT TO:<%s>,<user@relay.test>" % LOCAL.encode(),
                 b"RCPT TO:<%s> <user@relay.test>" % LOCAL.encode(),
                 b"RCPT TO:<%s> ORCPT=rfc822;user@relay.test NOTIFY=NEVER,DELAY" % LOCAL.encode(),
                 b"RCPT TO:\"x\" <user@relay.test>", b"RCPT  TO:<user@relay.test>",
                 b"RCPT TO:<user@relay.test>" + b" " * 1900):
        yield lambda f=form: no_relay(f)


def no_relay(command):
    session = Session()
    session.want(b"MAIL FROM:<%s>" % LOCAL.encode(), 250)
    got = session.ask(command)
    check(got[:1] in (b"4", b"5") or b"250" == got[:3] and
          (command.endswith(b":%s>" % LOCAL.encode()) or
           not (b"relay" in command.lower() or b"192.0.2" in command)), "%r: %r" % (command, got))
    session.all_replies()


# ---- Commands and their parameters ----

@family
def parameters():
    for text in (b"SIZE=", b"SIZE=-1", b"SIZE=99999999999999999999999", b"SIZE=x", b"SIZE",
                 b"SIZE=1 SIZE=2", b"BODY=", b"BODY=9BIT", b"BODY", b"BODY=BINARYMIME", b"RET=", b"RET=ALL",
                 b"RET=ALL RET=HDRS", b"ENVID=", b"ENVID=" + b"x" * 900, b"ENVID=+", b"ENVID=+4",
                 b"ENVID=+ZZ", b"ENVID=a=b", b"ENVID=+00", b"AUTH=", b"AUTH=<>", b"AUTH=+0A", b"SMTPUTF8=1",
                 b"SMTPUTF8 SMTPUTF8", b"REQUIRETLS", b"X=Y", b"=", b"==", b"=x", b"MT-PRIORITY=9",
                 b"XADDR=1", b"SIZE=1\0", b"\x80=1", b"HOLDFOR=100000000000", b"BY=1;R", b"TRANSID=<x>",
                 b" " * 800, b"a " * 400):
        yield lambda t=text: one_parameter(b"MAIL FROM:<evil@elsewhere.test> " + t)
    for text in (b"NOTIFY=", b"NOTIFY=NEVER,NEVER", b"NOTIFY=NEVER,SUCCESS", b"NOTIFY=X", b"NOTIFY",
                 b"ORCPT=", b"ORCPT=x", b"ORCPT=;", b"ORCPT=rfc822;", b"ORCPT=rfc822;+", b"ORCPT=rfc822;+0A+0D",
                 b"ORCPT=rfc822;" + b"x" * 1500, b"ORCPT=rfc822;a ORCPT=rfc822;b", b"ORCPT=utf-8;\\x{0}",
                 b"X=Y", b"SIZE=1", b"NOTIFY=" + b"SUCCESS," * 100):
        yield lambda t=text: one_parameter(b"RCPT TO:<%s> " % LOCAL.encode() + t)


def one_parameter(command):
    session = Session()
    if command.startswith(b"RCPT"):
        session.want(b"MAIL FROM:<evil@elsewhere.test>", 250)
    session.send(command + b"\r\n")
    replies = session.all_replies()
    check(len(replies) == 2, "%r: %r" % (command, replies))


@family
def addresses():
    """What is no address is refused, or taken as it is; nothing breaks."""
    for text in (b"<", b">", b"<>", b"<<>>", b"<a", b"a>", b"<a@b", b"\"", b"<\">", b"<\"@b>", b"<\\>", b"<\"\\\">",
                 b"<" + b"a" * 65 + b"@b.test>", b"<a@" + b"b" * 300 + b">", b"<a@" + b"b." * 900 + b"test>",
                 b"<" + b"@a:" * 300 + b"x@y.test>", b"<" + b"(" * 1000 + b">", b"<" + b"\"" * 999 + b">",
                 b"<" + b"[" * 1000 + b">", b"<a@[" + b"1" * 1000 + b"]>", b"<" + b"\\" * 1001 + b">",
                 b"<\xc3\xa9@b.test>", b"<\xff@b.test>", b"<a@\xff.test>", b"<a@b\0c>", b"<a\0@b>", b"<a@b>\0",
                 b"<" + b"<" * 500 + b"a" + b">" * 500 + b">", b"<a@b> junk", b"<a@b>junk", b"junk<a@b>",
                 b"<" + b"a." * 900 + b"@b.test>", b"<a..b@c.test>", b"<.a@c.test>", b"<a.@c.test>",
                 b"<a@b.test,c@d.test>", b"<a@b.test;c@d.test>", b"<group:a@b.test;>"):
        yield lambda t=text: one_parameter(b"MAIL FROM:" + t)


@family
def order():
    """Commands out of their order are refused."""
    for lines in ([b"RCPT TO:<%s>" % LOCAL.encode()], [b"DATA"], [b"BDAT 0 LAST"],
                  [b"MAIL FROM:<a@b.test>", b"DATA"], [b"MAIL FROM:<a@b.test>", b"MAIL FROM:<c@d.test>"],
                  [b"MAIL FROM:<a@b.test>", b"RSET", b"DATA"],
                  [b"MAIL FROM:<a@b.test>", b"EHLO again.test", b"DATA"],
                  [b"DATA now"], [b"MAIL"], [b"MAIL FROM"], [b"MAIL TO:<a@b.test>"], [b"RCPT FROM:<a@b.test>"],
                  [b"STARTTLS"], [b"STARTTLS", b"STARTTLS"], [b"STARTTLS now"], [b"AUTH PLAIN AGEAYg=="],
                  [b"AUTH"], [b"XCLIENT ADDR=127.0.0.1"], [b"XCLIENT NAME=localhost"],
                  [b"XFORWARD ADDR=127.0.0.1"], [b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2"],
                  [b"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a"], [b"GET / HTTP/1.1"],
                  [b"POST / HTTP/1.1"], [b"CONNECT relay.test:25 HTTP/1.1"], [b"\x16\x03\x01\x02\x00\x01"],
                  [b"EXPN postmaster"], [b"TURN"], [b"SEND FROM:<a@b.test>"], [b"SAML FROM:<a@b.test>"],
                  [b"ETRN relay.test"], [b"ETRN ; rm -rf"], [b"ETRN " + b"x" * 900], [b"ETRN"],
                  [b"VRFY |sh"], [b"VRFY " + b"x" * 900], [b"HELP"], [b"DEBUG"], [b"WIZ"], [b""], [b" "],
                  [b" QUIT"], [b"QUIT now"], [b"NOOP now"], [b"RSET now"], [b"HELO"], [b"EHLO"],
                  [b"HELO " + b"x" * 900], [b"HELO [127.0.0.1"], [b"HELO a b c"], [b"HELO \xff"],
                  [b"DATA\0"], [b"QUIT\0"], [b"DaTa"]):
        yield lambda ls=lines: out_of_order(ls)


def out_of_order(lines):
    session = Session()
    for line in lines:
        session.send(line + b"\r\n")
        got = session.reply()
        check(got[:3] != b"354" and QUEUED not in got, "%r: %r" % (line, got))
        if not got:
            return
    session.all_replies()


@family
def haste():
    """Talking before one is asked."""
    mail = (b"MAIL FROM:<a@b.test>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: hasty\r\n\r\n.\r\n"
            % LOCAL.encode())
    for first in (b"", b"HELO hostile.test\r\n", b"EHLO hostile.test\r\n"):
        yield lambda f=first: hasty(f + mail)
        yield lambda f=first: hasty(f + mail * 5)
    yield lambda: hasty(b"EHLO a\r\n" * 50)
    yield lambda: hasty(b"EHLO a\r\nRSET\r\n" + b"VRFY x\r\n" * 200)


def hasty(data):
    sock = socket.create_connection(("127.0.0.1", PORT), timeout=180)
    sock.sendall(data + b"QUIT\r\n")
    got = b""
    try:
        while True:
            part = sock.recv(65536)
            if not part:
                break
            got += part
    except ConnectionError:
        pass
    global queued
    queued += got.count(QUEUED)
    check(all(REPLY.fullmatch(line + b"\n") for line in got.split(b"\n")[:-1]), "%r" % got)
    check(got.count(b"\r\n354 ") <= data.count(b"DATA\r\n"), "%r" % got)


@family
def injection():
    """Behind a command whose reply is to be awaited, nothing is a command."""
    mail = b"MAIL FROM:<a@b.test>\r\n"
    behind = b"RSET\r\n" + mail + b"RCPT TO:<%s>\r\n" % LOCAL.encode()
    for before in ([], [b"HELO a\r\n"], [b"EHLO a\r\n"],
                   [b"EHLO a\r\n", mail, b"RCPT TO:<%s>\r\n" % LOCAL.encode()]):
        for command in (b"HELO a", b"EHLO a", b"NOOP", b"VRFY a", b"DATA", b"QUIT", b"XYZZY", b"ehlo a",
                        b"MAIL FROM:<a@b.test>"):
            if not before or before[0][:1] == b"H" or command[:4] not in (b"XYZZ", b"MAIL"):
                yield lambda b=before, c=command: inject(b, c, behind)


def inject(before, command, behind):
    session = Session(hello=False)
    for one in before:
        session.send(one)
        session.reply()
    session.send(command + b"\r\n" + behind)
    replies = session.all_replies()
    want = [b"221"] if command == b"QUIT" else [b"500", b"554"] if command == b"XYZZY" else [b"554"]
    check([r[:3] for r in replies] == want, "%r, %r: %r" % (before, command, replies))


# ---- Time and memory ----

@family
def drips():
    """A byte now and then keeps no session: a command has its time."""
    mail = b"EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<%s>\r\n" % LOCAL.encode()
    states = [(b"", b"E"), (b"EHLO a\r\n", b"M"), (b"EHLO a\r\nMAIL FROM:<a@b.test>\r\n", b" "),
              (mail, b"R"), (mail + b"DATA\r\n", b"x"), (mail + b"DATA\r\n", b"\r\n"), (mail + b"DATA\r\n", b"\0"),
              (mail + b"BDAT 1000000\r\n", b"x"), (mail + b"BDAT 10\r\n0123456789BDAT 1000000 LAST\r\n", b"\n"),
              (mail + b"BDAT 10\r\n0123456789", b"B"), (b"BDAT 1000000\r\n", b"x")]
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        ends = [pool.submit(drip, *state) for state in states] + [pool.submit(deaf)]
    for one in ends:
        yield one.result


def is_over(sock):
    try:
        while select.select([sock], [], [], 0)[0]:
            if not sock.recv(65536):
                return True
    except OSError:
        return True
    return False


def drip(before, byte):
    session = Session(hello=False, port=SHORT)
    for line in before.splitlines(True):
        session.send(line)
    for _ in range(1200):
        if session.closed or is_over(session.sock):
            return
        session.send(byte)
        time.sleep(0.1)
    raise Wrong("two minutes of %r after %r" % (byte, before))


def deaf():
    """Asks and asks, and reads no reply."""
    session = Session(port=SHORT)
    session.sock.settimeout(120)
    try:
        for _ in range(100000):
            session.sock.sendall(b"HELP\r\n" * 100)
    except TimeoutError as why:
        raise Wrong("the server waits to be read") from why
    except OSError:
        return
    raise Wrong("the server took it all")


@family
def greed():
    """As much as a session may hold: the test looks at the memory."""
    yield much


def much():
    global queued
    session = Session()
    for _ in range(300):
        session.want(b"HELP " + b"x" * 2030, 214)
    text = (b"X-H: " + b"h" * 2000 + b"\r\n" + b" " + b"f" * 1900 + b"\r\n") * 500 + b"\r\n"
    text += (b"y" * 100000 + b"\r\n") * 20
    for chunked in (False, True):
        option = b" ORCPT=rfc822;" + b"x" * 400 if chunked else b""
        session.want(b"MAIL FROM:<" + b"a" * 1800 + b"@b.test> ENVID=" + b"x" * 90, 250)
        for number in range(1000):
            user = b"%04d" % number + b"z" * (1950 - len(option))
            session.want(b"RCPT TO:<%s@away.test>%s" % (user, option), 250)
        if chunked:
            session.send(b"BDAT %d LAST\r\n" % len(text) + text)
        else:
            session.want(b"DATA", 354)
            session.send(text + b".\r\n")
        check(QUEUED in session.reply(), "not taken")
        queued -= 1  # it does not arrive here
    session.all_replies()


# ---- Floods ----

@family
def floods():
    for command in (b"NOOP", b"RSET", b"VRFY nobody", b"ETRN relay.test", b"XYZZY", b"HELO x", b"MAIL",
                    b"RCPT TO:<%s>" % LOCAL.encode(), b"EHLO x", b"DATA"):
        yield lambda c=command: flood(c)
    yield recipients
    yield many_messages
    yield connections
    yield storm


def flood(command):
    session = Session()
    for number in range(3000):
        if number % 50 == 0:
            session.send((command + b"\r\n") * 50)
        got = session.reply()
        if got[:3] == b"421" or not got:
            session.abort()
            return
        if session.closed:
            return
    raise Wrong("3000 times %r, and no end" % command)


def recipients():
    session = Session()
    session.want(b"MAIL FROM:<evil@elsewhere.test>", 250)
    codes = [session.ask(b"RCPT TO:<%s>" % LOCAL.encode())[:3] for _ in range(1100)]
    check(codes[0] == b"250" and codes[-1] in (b"452", b""), "recipients: %r" % set(codes))
    session.all_replies(b"RSET\r\nQUIT\r\n")


def many_messages():
    session = Session()
    for _ in range(20):
        session.start_mail()
        session.want(b"DATA", 354)
        check(QUEUED in session.ask(b"Subject: flood\r\n\r\nx\r\n."), "not taken")
    session.all_replies()


def connections():
    many = [socket.create_connection(("127.0.0.1", PORT), timeout=180) for _ in range(90)]
    Session().all_replies()
    for one in many:
        one.close()


def storm():
    """Clients that go as soon as they have come, in three ways."""
    for number in range(1500):
        sock = socket.create_connection(("127.0.0.1", PORT), timeout=180)
        if number % 3 == 1:
            sock.sendall(b"EHLO storm.test\r\nMAIL FROM:<")
        if number % 3 == 2:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
    Session().all_replies()


# ---- Content ----

@family
def content():
    deep = b""
    for level in range(300):
        deep += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
    for text in (b"", b"\r\n", b"x", b"\0", b"\0" * 70000, b"Subject: " + b"x" * 300000 + b"\r\n\r\n",
                 b"Subject: x\r\n" * 3000 + b"\r\n", b"Received: x\r\n" * 200 + b"\r\n", deep,
                 b"Subject: x\r\n" + b" folded\r\n" * 20000 + b"\r\n", b"x" * 2000000 + b"\r\n",
                 b"To: " + b"a@b.test, " * 20000 + b"\r\n\r\n", b"To: " + b"(" * 50000 + b"\r\n\r\n",
                 b"To: " + b"\"" * 50001 + b"\r\n\r\n", b"To: " + b"<" * 50001 + b"\r\n\r\n",
                 b"From: " + b"=?utf-8?q?" * 5000 + b"\r\n\r\n", b"\xff" * 100000 + b"\r\n",
                 b"Content-Type: multipart/mixed; boundary=\"" + b"b" * 5000 + b"\"\r\n\r\n--" + b"b" * 5000 + b"\r\n",
                 b"Content-Type: message/rfc822\r\n\r\n" * 500, b"Resent-To: a@relay.test\r\n\r\nx",
                 b"Bcc: a@relay.test\r\nTo: b@relay.test\r\n\r\nx", b": x\r\n\r\n", b" leading\r\n\r\n",
                 b"..\r\n...\r\n", b"Delivered-To: %s\r\n\r\n" % LOCAL.encode(),
                 b"Return-Path: <x>\r\nErrors-To: y\r\n\r\nx", b"From x\r\nFrom y\r\n\r\nFrom z\r\n"):
        yield lambda t=text: one_text(t)


def one_text(text):
    session = Session()
    session.start_mail()
    session.want(b"DATA", 354)
    body = (text if text.endswith(b"\r\n") or not text else text + b"\r\n")
    session.send(body.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    got = session.reply()
    check(got[:1] in (b"2", b"4", b"5"), "%r" % got)
    session.all_replies()


def main():
    global conversations
    failed = 0
    for run in families:
        count = 0
        wrong = []
        for one in run():
            count += 1
            try:
                one()
            except (Wrong, OSError) as why:
                wrong.append(str(why))
        conversations += count
        if wrong:
            failed += 1
            print("FAIL %s: %d of %d: %s" % (run.__name__, len(wrong), count, "; ".join(wrong[:6])[:1500]))
        else:
            print("ok %s (%d)" % (run.__name__, count))
    print("conversations %d" % conversations)
    print("queued %d" % queued)
    print("refusals %d" % refusals)
    return failed != 0


sys.exit(main())
