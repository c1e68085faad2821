#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hostile_relay.py PORT OPEN NEXT SEED MAILQ - recipients that should lead the
mail elsewhere, at the server on PORT, and at that on OPEN, which allows
untrusted routing. NEXT is the port of every host elsewhere, where this program
sees what comes. Mail is for here.test, and relayed to second.test."""
import contextlib
import random
import re
import socket
import subprocess
import sys
import threading
import time

PORT, OPEN, NEXT, SEED = map(int, sys.argv[1:5])
FIXED = rb"""
u@x.test
u%x.test@here.test
u%x.test@second.test
x.test!u@here.test
x.test!u@second.test
"u@x.test"@here.test
"u@x.test"@second.test
"u%x.test"@here.test
"u%x.test"@second.test
"x.test!u"@here.test
"x.test!u"@second.test
u@x.test@here.test
u@x.test@second.test
u\@x.test@here.test
u\@x.test@second.test
u\%x.test@second.test
u%x.test
x.test!u
"u@x.test"
"u%x.test"
u%x.test%here.test
u%x.test%second.test
second.test!u%x.test
x.test!here.test!u
here.test!x.test!u
@x.test:u@here.test
@here.test:u@x.test
@here.test,@second.test:u@x.test
u%x.test%second.test@here.test
u%x.test@localhost@second.test
"u@x.test"%second.test@here.test
"u%x.test"%second.test@here.test
"a b"%x.test@here.test
"a b%x.test"@second.test
u%x.test@[127.0.0.1]
u@[127.0.0.1]%x.test
u%[192.0.2.9]@here.test
u(c)%x.test@here.test
u%x.test(@here.test)@here.test
u%x.test.@second.test.
u%second.test
u@second.test
u@here.test
""".strip().split(b"\n")
WORDS = [b"u", b"x.test", b"here.test", b"second.test", b"localhost", b"[127.0.0.1]", b"a b"]
# So many domains of ours that unwrapping may not come to an end.
LONG = [way + b"%here.test" * number + b"@here.test"
        for number in range(90, 110) for way in (b"u%x.test", b"x.test!u")]
MARKS = [b"@", b"%", b"!"] * 2 + [b'"', b"\\", b":", b",", b".", b" ", b"(c)", b"<", b">", b";", b"\t",
                                  b"(", b")", b"[", b"]", b"'", b"=", b"\xc3\xa9"]


def odd_addresses(number):
    for _ in range(number):
        text = b"".join(random.choice(WORDS + MARKS) for _ in range(random.randint(2, 9)))
        if random.random() < 0.3:
            start = random.randint(0, len(text))
            end = random.randint(start, len(text))
            text = text[:start] + b'"' + text[start:end] + b'"' + text[end:]
        yield text + random.choice([b"", b"", b"@here.test", b"@second.test", b"%here.test"])


class Next:
    """The hosts elsewhere: takes all, and remembers for whom."""

    def __init__(self):
        self.seen = []
        listener = socket.create_server(("127.0.0.1", NEXT))
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            peer, _ = listener.accept()
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with contextlib.suppress(OSError), peer, peer.makefile("rb") as lines:
            peer.sendall(b"220 next\r\n")
            for line in lines:
                verb = line[:4].upper()
                if verb == b"RCPT":
                    self.seen.append(re.match(rb"(?i)RCPT TO:<(.*)>", line)[1])
                if verb == b"DATA":
                    peer.sendall(b"354 go\r\n")
                    while next(lines) != b".\r\n":
                        pass
                peer.sendall(b"250 ok\r\n")


def send(port, addresses):
    """One message for as many of these as the server takes."""
    sock = socket.create_connection(("127.0.0.1", port), 180)
    with sock, sock.makefile("rb") as replies:
        def ask(line):
            sock.sendall(line + b"\r\n")
            return reply()

        def reply():
            for text in replies:
                if text[3:4] == b" ":
                    return text
            raise SystemExit("FAIL the server hung up")

        reply()
        ask(b"EHLO hostile.test")
        ask(b"MAIL FROM:<evil@here.test>")
        taken = sum(ask(b"RCPT TO:<" + one + b">").startswith(b"250 ") for one in addresses)
        ask(b"DATA")
        if not ask(b"Subject: x\r\n\r\nx\r\n.").startswith(b"250 "):
            raise SystemExit("FAIL the message was not taken")
        ask(b"QUIT")
    return taken


def allowed(port, addresses):
    """Those of them that the server would take mail for."""
    sock = socket.create_connection(("127.0.0.1", port), 180)
    with sock, sock.makefile("rb") as replies:
        def ask(line):
            sock.sendall(line + b"\r\n")
            return next(text for text in replies if text[3:4] == b" ")

        next(replies)
        ask(b"EHLO hostile.test")
        ask(b"MAIL FROM:<evil@here.test>")
        return [one for one in addresses if ask(b"RCPT TO:<" + one + b">").startswith(b"250 ")]


def seems_empty():
    done = subprocess.run([sys.argv[5]], stdout=subprocess.PIPE, check=False)
    return b"queue is empty" in done.stdout


def queue_empties():
    """Asked twice: a message that moves meanwhile can be missed."""
    for _ in range(1800):
        if seems_empty() and seems_empty():
            return True
        time.sleep(0.1)
    return False


def judge(name, taken, wrong):
    print("%s %s, %d taken%s" % ("FAIL" if wrong else "ok", name, taken,
                                 ": %r" % wrong[:8] if wrong else ""))
    return bool(wrong)


def main():
    random.seed(SEED)
    elsewhere = Next()
    failed = False
    for name, port in ("routing is refused", PORT), ("routing is for the next", OPEN):
        elsewhere.seen.clear()
        taken = send(port, FIXED + list(odd_addresses(300)))
        if not queue_empties():
            print("FAIL %s: the queue is not empty" % name)
            return True
        wrong = [one for one in elsewhere.seen if not one.lower().endswith(b"@second.test")]
        if port == PORT:
            wrong += [one for one in elsewhere.seen if re.search(rb"[@%!]", one.rsplit(b"@", 1)[0])]
        if b"u@second.test" not in elsewhere.seen:
            wrong.append(b"nothing for who may be relayed to")
        failed |= judge(name, taken, wrong)
    wrong = allowed(PORT, LONG)
    return failed | judge("many domains of ours around one elsewhere", len(wrong), wrong)


sys.exit(main())
