#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hostile_mail.py PORT LOCAL RELAYED NEXT - messages that are hard on those who
read, rewrite, convert and pass them on.

PORT is the server's; LOCAL an address that exists here, RELAYED one whose mail
goes to the port NEXT, where this program plays a server without extensions and
looks at each byte that comes. Prints a line for each family."""
import os
import re
import smtplib
import socket
import sys
import threading

PORT, LOCAL, RELAYED, NEXT = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
SLOW = bool(os.environ.get("SAN") or os.environ.get("VALGRIND"))
MANY = 1000 if SLOW else 10000
HUGE = (10 if SLOW else 100) << 20


class Wrong(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Wrong(what)


# ---- The next server ----

arrived = {}  # by subject: the bytes of the message, with its end
changed = threading.Condition()


def serve(peer):
    with peer, peer.makefile("rb") as lines:
        peer.sendall(b"220 next\r\n")
        while line := lines.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                return
            if verb == b"EHLO":
                peer.sendall(b"502 no extensions\r\n")
            elif verb == b"DATA":
                peer.sendall(b"354 go\r\n")
                take(lines)
                peer.sendall(b"250 taken\r\n")
            else:
                peer.sendall(b"250 ok\r\n")


def take(lines):
    text = b""
    while not text.endswith(b"\r\n.\r\n"):
        line = lines.readline()
        if not line:
            return
        text += line
    subject = re.search(rb"^Subject: (.*)\r$", text, re.M)
    with changed:
        arrived[subject[1] if subject else b""] = text
        changed.notify_all()


def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def relayed(subject):
    with changed:
        check(changed.wait_for(lambda: subject in arrived, 180), "%r does not arrive" % subject)
        return arrived[subject]


# ---- The client ----

def session():
    client = smtplib.SMTP("127.0.0.1", PORT, timeout=180)
    client.ehlo("hostile.test")
    return client


def send(text, to=LOCAL, options=(), sender="evil@elsewhere.test"):
    """The code and text of the last reply; <text> as it is, but for dots."""
    client = session()
    code, reply = client.mail(sender, options)
    check(code == 250, "MAIL: %d %r" % (code, reply))
    code, reply = client.rcpt(to)
    check(code == 250, "RCPT: %d %r" % (code, reply))
    check(client.docmd("DATA")[0] == 354, "DATA")
    text = b"\r\n" * (text[:1] == b".") + text + b"\r\n" * (text[-2:] != b"\r\n")
    client.sock.sendall(text.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    code, reply = client.getreply()
    client.close()
    return code, reply


def taken(text, **how):
    code, reply = send(text, **how)
    check(code == 250, "%r...: %d %r" % (text[:60], code, reply))


families = []


def family(function):
    families.append(function)
    return function


# ---- Parts within parts ----

TEXT = b"\r\ntext\xe4\r\n"


def nested(levels, start):
    return b"".join(start(level) for level in range(levels)) + TEXT


@family
def mime():
    def multipart(level):
        return b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)

    def same(_):
        return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"

    def digest(level):
        return b"Content-Type: multipart/digest; boundary=b%d\r\n\r\n--b%d\r\n\r\n" % (level, level)

    def message(_):
        return b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"

    for kind in (multipart, same, digest, message):
        yield kind.__name__, nested(MANY, kind)
    yield "many parts", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\xe4\r\n" * MANY * 10
    yield "ends first", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b--\r\n" * MANY + TEXT
    yield "many types", b"Content-Type: multipart/mixed; boundary=b\r\n" * MANY + b"\r\n--b\r\n" + TEXT
    yield "many encodings", b"Content-Transfer-Encoding: 7bit\r\n" * MANY + TEXT
    for value in (b"", b'""', b'"', b'"\\', b"(", b"(" * 9000, b";" * 9000, b"--", b" ", b'" "', b"b\0c",
                  b"\xff", b"b" * 100000, b"b;boundary=c", b'"b\r\n c"', b"b(c)", b"\\b", b"=", b"==b",
                  b"b\r\n\tboundary=c", b"\r\n " * 3000):
        name = b"boundary" if value != b"=" else b"boundary*0*"
        yield "boundary", (b"Content-Type: multipart/mixed; " + name + b"=" + value +
                           b"\r\n\r\n--b\r\n\r\n--\r\n\r\n----\r\n" + TEXT)


# ---- Headers ----

@family
def headers():
    yield "one line", b"Subject: " + b"x" * HUGE
    yield "one name", b"x" * (HUGE // 10) + b": y\r\n\r\n"
    yield "one address", b"To: " + b"a" * (HUGE // 10) + b"@b.test\r\n\r\n"
    yield "folded", b"Subject: x\r\n" + b" y\r\n" * MANY * 10
    yield "blank lines in one", b"To: x\r\n" + b" \r\n\t\r\n" * MANY + b" y\r\n\r\n"
    yield "addresses", b"To: a@b.test\r\nCc: c, d\r\n" * MANY
    yield "a group in each", b"To: g: a@b, c;\r\n" * MANY + b"To: " + b"g:" * MANY
    yield "routes", b"To: " + b"<@a,@b:c@d>," * MANY
    yield "comments", b"To: " + b"(" * MANY + b")" * MANY + b"a@b\r\n"
    yield "quotes", b"To: " + b'"\\' * MANY + b"\r\n"
    yield "literals", b"To: " + b"a@[" * MANY + b"\r\n"
    for name in (b"\xc3\x9cberschrift", b"Sub ject", b"Subject ", b"Subject\t", b"\0", b"Sub\0ject", b"-", b"_",
                 b"\x7f", b"\x1b[31m", b"\xe2\x80\xaeTo", b"To\xe2\x80\x8b", b"From", b"Received\xff", b".", b"..",
                 b"Content-Type ", b"x" * 998, b"x" * 2049, b"\x80", b"=?utf-8?q?To?="):
        yield "name", name + b": a@relay.test\r\n" + name + b":b\r\n\r\n"


# ---- What is passed on ----

ENDS = [a + b"." + b for a in (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r", b"\0\n")
        for b in (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\0\r\n")]


@family
def passed_on():
    """No lone CR or LF, no line over 998 bytes, no 8-bit text without leave."""
    inner = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nsmuggled\r\n"
    for number, end in enumerate(ENDS):
        yield "end %r" % end, b"end %d" % number, b"\r\n\r\ntext" + end + inner
    for size in (996, 997, 998, 999, 1000, 1995, 1996, 1997, 2045, 2046, 2047, 2048, 2049, 2050, 4096, 8192, 10240):
        for dots in (b".", b"..", b".\r\n.", b".\r\nQUIT"):
            yield "%d" % size, b"line %d %d" % (size, len(dots)), (
                b"\r\n\r\n" + b"x" * size + dots + b"\r\n" + inner + b"." * size + b"\r\n" + inner)
    for number, text in enumerate((
            b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + b"\xe4." * 50000,
            b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + b"\xff\r\n" * 30000,
            b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n.\r\n=\r\n=2E\r\n\xe4 \r\n\t\r\n.\xe4",
            b"\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            b"--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xe4\r\n.\r\n--b--\r\n.")):
        yield "8bit", b"convert %d" % number, text


def looks_right(subject, text):
    check(text.count(b"\r\n.\r\n") == 1, "%r: ends more than once" % subject)
    lone = re.search(rb"(?<!\r)\n|\r(?!\n)", text)
    check(not lone, "%r: %r" % (subject, lone and text[lone.start() - 20:lone.end() + 20]))
    longest = max(map(len, text.split(b"\r\n")))
    check(longest <= 999, "%r: a line of %d" % (subject, longest))
    check(text.isascii(), "%r: 8 bits" % subject)


# ---- Addresses ----

@family
def unicode_addresses():
    """No form of a foreign domain is ours, and none of ours is foreign."""
    domain = LOCAL.split("@")[1]
    for address in ("a@relay。test", "a@ｒｅｌａｙ.test", "a＠relay.test@" + "relay.test", "a@relay.test\u200b",
                    "a@relay.test\u202e", "a@" + domain + "。relay.test", "a@relay.test／" + domain,
                    "a@" + "ß" * 300 + ".test", "a@xn--a.test", "a@xn--" + "z" * 60 + ".test", "a@\u0301.test",
                    "a@\u0130" * 30 + ".test", "a@ﬁ.test", "a@℀.test", "a@" + "é." * 120 + "test",
                    "a%relay.test＠" + domain + "@relay.test", "é" * 2000 + "@relay.test"):
        yield address, address.encode()
    for address in (b"a@\xc0\xaerelay.test", b"a@relay\xe3\x80.test", b"a@\xed\xa0\x80.test", b"a@\xf4\x90\x80\x80.test",
                    b"\xfe\xff@relay.test", b"a@\xf0\x80\x80\xaf.test", b"\xc3@relay.test"):
        yield repr(address), address


def refused_address(address):
    client = session()
    client.docmd("MAIL FROM:<evil@elsewhere.test> SMTPUTF8")
    client.sock.sendall(b"RCPT TO:<" + address + b">\r\n")
    code, reply = client.getreply()
    check(400 <= code < 600, "%d %r" % (code, reply))
    check(client.docmd("NOOP")[0] in (250, 421), "no answer")
    client.close()


# ---- Sessions ----

@family
def sessions():
    yield "MAIL that fails", after_failure
    yield "recipients dropped", recipients_dropped
    yield "half messages", half_messages
    yield "tiny chunks", tiny_chunks
    yield "Received lines", loop


def after_failure():
    for wrong in ("MAIL FROM:<a@b.test> SIZE=99999999999", "MAIL FROM:<a@b.test> X=Y", "MAIL FROM:<a@b.test",
                  "MAIL FROM:<a@b.test> BODY=9BIT", "MAIL FROM:<a\0@b.test>"):
        client = session()
        client.sock.sendall(("%s\r\nRCPT TO:<%s>\r\nDATA\r\n" % (wrong, LOCAL)).encode())
        codes = [client.getreply()[0] for _ in range(3)]
        check(all(400 <= code < 600 for code in codes[1:]), "%r: %r" % (wrong, codes))
        client.close()


def recipients_dropped():
    client = session()
    for _ in range(20):
        check(client.docmd("MAIL FROM:<evil@elsewhere.test>")[0] == 250, "MAIL")
        client.sock.sendall(("RCPT TO:<%s>\r\n" % LOCAL).encode() * 500)
        check({client.getreply()[0] for _ in range(500)} == {250}, "RCPT")
        check(client.docmd("RSET")[0] == 250, "RSET")
    client.close()


def half_messages():
    for number in range(100):
        client = session()
        client.docmd("MAIL FROM:<evil@elsewhere.test>")
        client.docmd("RCPT TO:<%s>" % LOCAL)
        client.docmd("DATA")
        client.sock.sendall(b"Subject: half %d\r\n\r\n" % number + b"x\r\n" * 9000)
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()


def tiny_chunks():
    client = session()
    client.docmd("MAIL FROM:<evil@elsewhere.test>")
    client.docmd("RCPT TO:<%s>" % LOCAL)
    text = b"Subject: tiny chunks\r\n\r\n" + b".\r\n" * (MANY // 3)
    client.sock.sendall(b"".join(b"BDAT 1\r\n%c" % c for c in text) + b"BDAT 0 LAST\r\n")
    codes = [client.getreply()[0] for _ in range(len(text) + 1)]
    check(set(codes) == {250}, "%r" % set(codes))
    client.close()


def loop():
    code, reply = send(b"Received: from a by b; today\r\n" * 1000 + b"Subject: loop\r\n\r\nx")
    check(code == 554 and b"hops" in reply, "%d %r" % (code, reply))


# ---- What a bounce quotes ----

@family
def quoted():
    """What a stranger said makes no lines of its own in a report."""
    for parameter in ("+0D+0AX-Injected:+20yes", "+0AX-Injected:+20yes", "a+0D+0A+0D+0AX-Injected", "+00+1B", "+FF",
                      "+2B" * 300):
        yield "ORCPT", "", "ORCPT=rfc822;" + parameter
        yield "ORCPT of utf-8", "", "ORCPT=utf-8;" + parameter
        yield "ENVID", "ENVID=" + parameter, ""


def bounce(mail, rcpt):
    client = session()
    client.docmd("MAIL FROM:<%s> %s" % (LOCAL, mail))
    code, reply = client.docmd("RCPT TO:<nobody-here@%s> %s" % (LOCAL.split("@")[1], rcpt))
    if code == 250:
        check(client.docmd("DATA")[0] == 354, "DATA")
        client.sock.sendall(b"Subject: bounces\r\n\r\nx\r\n.\r\n")
        check(client.getreply()[0] == 250, "not taken")
    client.close()


def run(function, case):
    if function is unicode_addresses:
        refused_address(case[1])
    elif function is sessions:
        case[1]()
    elif function is quoted:
        bounce(*case[1:])
    elif function is passed_on:
        taken(b"Subject: " + case[1] + case[2], to=RELAYED)
        looks_right(case[1], relayed(case[1]))
    else:
        code, reply = send(case[1])
        check(code in (250, 550, 552, 554), "%d %r" % (code, reply))


def main():
    listener = socket.create_server(("127.0.0.1", NEXT), backlog=50)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    failed = False
    for function in families:
        wrong, count = [], 0
        for case in function():
            count += 1
            try:
                run(function, case)
            except (Wrong, OSError, smtplib.SMTPException) as why:
                wrong.append("%s: %s" % (case[0], why))
        failed |= bool(wrong)
        print("%s %s (%d)%s" % ("FAIL" if wrong else "ok", function.__name__, count,
                                ": " + "; ".join(wrong[:9])[:2500] if wrong else ""), flush=True)
    return failed


sys.exit(main())
