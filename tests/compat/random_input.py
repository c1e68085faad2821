# SPDX-License-Identifier: ISC
#
# random_input.py SEED PORT1 SPOOL1 PORT2 SPOOL2 - the same messages with random
# address headers, and the same random SMTP commands, for two servers that hold
# all mail. The headers in their queue files and the replies must be the same.
import os
import random
import re
import socket
import sys

pick = random.Random(int(sys.argv[1]))
LOCALS = ["user", "Joe", "first.last", "x+ext", '"quoted user"', '"a@b"',
          '"a,b"', "a..b", ".a", "a.", "a!b", "h!a!b", "a%b", "a_b", "a/b",
          "\xc3\xb6rg", "canon", '"canon"', "root", "|cmd", '|"cmd x"', "-x",
          "o'neil", '"x y"+ext', "a:b", "a|b"]
DOMAINS = ["example.com", "local.test", "sub.masq.test", "a.b.masq.test",
           "masq.test", "host", "HOST", "[192.0.2.1]", "example.com.",
           "canon.test", "localhost", "192.0.2.1", "a_b.c", "x(c)y.test",
           "exa mple.com"]
NAMES = ["Joe User", '"Joe, User"', "Joe Q. User", "=?x?q?y?=", "(c) Joe",
         '"Joe" "User"', "Joe\r\n User", "", "J\xc3\xb6rg", "'Joe'",
         "word " * 12, "Joe|\"x\""]
SPACE = [""] * 20 + [" ", "\t", " (c)", " (c (d))", "\r\n "]
HEADERS = ["To", "From", "Cc", "Reply-To", "Sender", "Resent-To",
           "Resent-From", "Errors-To", "X-To", "Return-Receipt-To", "Bcc"]
LOST = re.compile(r"Received:|\t(id|by|for) |(Resent-)?(Date|Message-Id):")


def space():
    return pick.choice(SPACE)


def spec():
    local, domain = pick.choice(LOCALS), pick.choice(DOMAINS)
    return pick.choice([
        local + space() + "@" + space() + domain] * 6 + [
        local, "%s%%%s" % (local, domain), "%s!%s" % (domain, local),
        "%s@%s@x.test" % (local, domain), "@r.test:%s@%s" % (local, domain),
        "%s %s" % (local, pick.choice(LOCALS))])


def mailbox():
    return pick.choice([
        spec(), spec() + " (comment)", "<" + spec() + ">",
        pick.choice(NAMES) + " <" + space() + spec() + space() + ">",
        pick.choice(NAMES) + "<" + spec() + ">", "g: " + spec() + ", a;",
        "g:;", "<>", '""', "@", "<" + spec(), spec() + ">", "a; b:c;"])


def header():
    text = mailbox()
    for _ in range(pick.choice([0, 0, 0, 1, 2, 6])):
        text += pick.choice([", ", ",", ",\r\n\t", " , ", " "]) + mailbox()
    return pick.choice(HEADERS) + pick.choice([": ", ":", " : "]) + text


COMMANDS = ["MAIL FROM:<%s>", "MAIL FROM:<%s> SIZE=x", "MAIL FROM: %s",
            "MAIL FROM:<%s> SMTPUTF8", "MAIL FROM:<%s> RET=HDRS ENVID=a+2Bb",
            "MAIL FROM:<%s> RET=x", "MAIL FROM:<%s> BODY=x",
            "RCPT TO:<%s>", "RCPT TO:<%s>", "RCPT TO:<%s> NOTIFY=NEVER",
            "RCPT TO:<%s> NOTIFY=NEVER,DELAY", "RCPT TO:<%s> ORCPT=rfc822;a+z",
            "RCPT TO: <%s> ORCPT=rfc822;a+2Bb", "RCPT TO:%s", "VRFY %s",
            "VRFY <%s> SMTPUTF8", "RSET", "RSET x", "NOOP", "HELO x", "HELO",
            "EHLO", "MAIL", "RCPT TO", "ETRN %s", "TURN", "STARTTLS"]


def command():
    text = pick.choice(COMMANDS)
    address = re.sub(r"\r\n |\t", "", spec())
    return text % address if "%s" in text else text


class Session:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")
        self.reply()
        self.say("EHLO client.test")

    def reply(self):
        text = ""
        while True:
            line = self.file.readline().decode("latin-1")
            text += line
            if line[3:4] != "-":
                return text

    def say(self, text):
        self.socket.sendall((text + "\r\n").encode("latin-1"))
        return self.reply()


def records(path):
    """The lines of content in a queue file."""
    with open(path, "rb") as file:
        data = file.read()
    at, lines = 0, []
    while at < len(data):
        kind, length, shift = chr(data[at]), 0, 0
        at += 1
        while True:
            length |= (data[at] & 127) << shift
            shift += 7
            at += 1
            if data[at - 1] < 128:
                break
        text = data[at:at + length].decode("latin-1")
        at += length
        if kind in "NL" and not LOST.match(text):
            lines.append(text)
        if kind == "E":
            break
    return lines


def held(session, spool, headers):
    session.say("RSET")
    session.say("MAIL FROM:<s@x.test>")
    session.say("RCPT TO:<r@local.test>")
    session.say("DATA")
    reply = session.say("%s\r\nSubject: end\r\n\r\nbody\r\n." %
                        "\r\n".join("X-%d: is\r\n%s" % one
                                    for one in enumerate(headers)))
    found = re.search(r"queued as (\S+)", reply)
    if found is None:
        return {"reply": [reply]}
    parts, name = {}, None
    for line in records(os.path.join(spool, "hold", found.group(1))):
        if re.match(r"X-\d+: is|Subject: end", line):
            name = line
        parts.setdefault(name, []).append(line)
    return parts


def compare(what, source, ours, theirs):
    if ours != theirs:
        print("FAIL %s: %r\n    gives %r\n    not %r" %
              (what, source, ours, theirs))
    return ours != theirs


def main():
    spools = sys.argv[3], sys.argv[5]
    sessions = [Session(int(port)) for port in (sys.argv[2], sys.argv[4])]
    bad = 0
    for _ in range(40):
        headers = [header() for _ in range(25)]
        ours, theirs = [held(session, spool, headers)
                        for session, spool in zip(sessions, spools)]
        for name in ours.keys() | theirs.keys():
            number = re.match(r"X-(\d+)", name or "")
            source = headers[int(number.group(1))] if number else name
            bad += compare("header", source, ours.get(name), theirs.get(name))
    if bad == 0:
        print("ok headers: 1000")
    wrong = 0
    for _ in range(1000):
        text = command()
        wrong += compare("command", text, *[one.say(text) for one in sessions])
    if wrong == 0:
        print("ok commands: 1000")
    sys.exit(bad + wrong > 0)


main()
