#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hostile_server.py FOLDER NAME - SMTP and LMTP servers that misbehave, one
port each. NAME is the name of the client.

Writes FOLDER/transport, a table that leads mail for NAME.test to the server
NAME, and FOLDER/cases, lines of NAME and what may become of the mail; then
serves until it is ended, and adds the NAME of each whole message to FOLDER/dots.
"""
import os
import socket
import socketserver
import struct
import sys
import threading
import time

FOLDER = sys.argv[1]
USUAL = {
    "greeting": b"220 hostile.test ESMTP\r\n",
    "EHLO": b"250-hostile.test\r\n250-PIPELINING\r\n250-SIZE 10000000\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n",
    "HELO": b"250 hostile.test\r\n",
    "LHLO": b"250-hostile.test\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n",
    "MAIL": b"250 2.1.0 ok\r\n",
    "RCPT": b"250 2.1.5 ok\r\n",
    "DATA": b"354 go on\r\n",
    "dot": b"250 2.0.0 taken\r\n",
    "RSET": b"250 2.0.0 ok\r\n",
    "QUIT": b"221 2.0.0 bye\r\n",
}
NOVEL = b"-4.2.0 " + b"x" * 2000 + b"\r\n"
HANG, RESET, CLOSE, FLOOD, DRIP = object(), object(), object(), object(), object()
LATER, GONE, ANY, SENT = "deferred", "bounced", "deferred|bounced", "sent"

# name: (what may become of it, {stage: what the server does in place of the usual})
CASES = {
    "plain": (SENT, {}),
    # After the final dot, nothing but a 2xx is success.
    "dot-garbage": (LATER, {"dot": b"garbage\r\n"}),
    "dot-blank": (LATER, {"dot": b"\r\n"}),
    "dot-blank-then-ok": (ANY + "|sent", {"dot": b"\r\n250 2.0.0 taken\r\n"}),
    "dot-221": (LATER, {"dot": b"221 2.0.0 bye\r\n"}),
    "dot-354": (ANY, {"dot": b"354 go on\r\n"}),
    "dot-close": (LATER, {"dot": CLOSE}),
    "dot-reset": (LATER, {"dot": RESET}),
    "dot-hang": (LATER, {"dot": HANG}),
    "dot-half": (LATER, {"dot": (b"250 2.0.0 tak", CLOSE)}),
    "dot-half-code": (LATER, {"dot": (b"25", CLOSE)}),
    "dot-continued": (LATER, {"dot": (b"250-2.0.0 taken\r\n", CLOSE)}),
    "dot-continued-other": (ANY, {"dot": b"250-2.0.0 taken\r\n554 5.0.0 not\r\n"}),
    "dot-other-continued": (GONE, {"dot": b"554-5.0.0 not\r\n554 5.0.0 taken\r\n"}),
    "dot-nul": (LATER, {"dot": b"\0" * 1000 + b"\r\n"}),
    "dot-000": (LATER, {"dot": b"000 zero\r\n"}),
    "dot-2": (LATER, {"dot": b"2\r\n"}),
    "dot-999": (LATER, {"dot": b"999 9.9.9 taken\r\n"}),
    "dot-100": (ANY, {"dot": b"100 1.0.0 wait\r\n"}),
    "dot-2500": (LATER, {"dot": b"2500 taken\r\n"}),
    "dot-letters": (LATER, {"dot": b"2a0 taken\r\n"}),
    "dot-452": (LATER, {"dot": b"452 4.3.1 full\r\n"}),
    "dot-554": (GONE, {"dot": b"554 5.7.1 no\r\n"}),
    "dot-novel": (LATER, {"dot": (b"452" + NOVEL) * 990 + b"452 4.2.0 later\r\n"}),
    "rcpt-novel": (GONE, {"RCPT": (b"550" + NOVEL) * 990 + b"550 5.1.1 not here\r\n"}),
    "dot-flood": (LATER, {"dot": FLOOD}),
    "dot-drip": (LATER, {"dot": DRIP}),
    "dot-status-lies": (LATER, {"dot": b"451 2.0.0 taken\r\n"}),
    "dot-bare-lf": (SENT, {"dot": b"250 2.0.0 taken\n"}),
    "dot-escape": (SENT, {"dot": b"250 2.0.0 \x1b[2J\x07\xff\xfe\n"}),
    # Greetings.
    "greeting-none": (LATER, {"greeting": HANG}),
    "greeting-close": (LATER, {"greeting": CLOSE}),
    "greeting-reset": (LATER, {"greeting": RESET}),
    "greeting-garbage": (LATER, {"greeting": b"SSH-2.0-OpenSSH_9.2\r\n"}),
    "greeting-http": (LATER, {"greeting": b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"}),
    "greeting-tls": (LATER, {"greeting": b"\x15\x03\x01\x00\x02\x02\x0a"}),
    "greeting-554": (ANY, {"greeting": b"554 5.7.1 no service\r\n"}),
    "greeting-421": (LATER, {"greeting": b"421 4.7.0 later\r\n"}),
    "greeting-flood": (LATER, {"greeting": FLOOD}),
    "greeting-drip": (LATER, {"greeting": DRIP}),
    "greeting-endless": (LATER, {"greeting": (b"220-more\r\n" * 20000, CLOSE)}),
    "greeting-long-line": (ANY + "|sent", {"greeting": b"220 " + b"x" * 100000 + b"\r\n"}),
    "greeting-nul": (LATER, {"greeting": b"\0\0\0\0\r\n"}),
    "greeting-250": (ANY + "|sent", {"greeting": b"250 ok\r\n"}),
    # EHLO.
    "ehlo-close": (ANY + "|sent", {"EHLO": CLOSE}),
    "ehlo-hang": (LATER, {"EHLO": HANG}),
    "ehlo-refused": (SENT, {"EHLO": b"502 5.5.1 what\r\n"}),
    "both-refused": (ANY, {"EHLO": b"502 5.5.1 what\r\n", "HELO": b"502 5.5.1 what\r\n"}),
    "ehlo-flood": (LATER, {"EHLO": FLOOD}),
    "ehlo-thousand": (LATER, {"EHLO": b"".join(b"250-X%d\r\n" % i for i in range(1000)) + b"250 SIZE\r\n"}),
    "ehlo-ten-thousand": (ANY + "|sent", {"EHLO": b"250-SIZE 1000000\r\n" * 10000 + b"250 PIPELINING\r\n"}),
    "ehlo-no-end": (LATER, {"EHLO": (b"250-AUTH PLAIN\r\n" * 100000, HANG)}),
    "ehlo-long-line": (ANY + "|sent", {"EHLO": b"250-hostile.test\r\n250-AUTH " + b"X" * 200000 + b"\r\n250 SIZE\r\n"}),
    "ehlo-nul": (ANY + "|sent", {"EHLO": b"250-hostile.test\0\r\n250 SIZE\0 1\r\n"}),
    "ehlo-codes": (ANY + "|sent", {"EHLO": b"250-hostile.test\r\n554-PIPELINING\r\n250 SIZE\r\n"}),
    "ehlo-drip": (LATER, {"EHLO": DRIP}),
    "ehlo-size-words": (ANY + "|sent", {"EHLO": b"250-hostile.test\r\n250 SIZE 18446744073709551616 -1 0x10\r\n"}),
    "ehlo-starttls": (ANY + "|sent", {"EHLO": b"250-hostile.test\r\n250 STARTTLS\r\n", "STAR": b"220 go\r\n"}),
    "ehlo-twice": (ANY + "|sent", {"EHLO": b"250 hostile.test\r\n250 hostile.test\r\n"}),
    "ehlo-421": (LATER, {"EHLO": b"421 4.3.2 going\r\n", "HELO": b"421 4.3.2 going\r\n"}),
    "ehlo-close-both": (LATER, {"EHLO": CLOSE, "HELO": CLOSE}),
    "ehlo-odd": (SENT, {"EHLO": b"250-hostile.test\r\n250-SIZE 99999999999999999999\r\n250-\r\n"
                                b"250-PIPELINING \x1b[2J\r\n250-DSN DSN DSN\r\n250 8BITMIME\xff\r\n"}),
    "ehlo-size-0": (SENT, {"EHLO": b"250-hostile.test\r\n250 SIZE 0\r\n"}),
    "ehlo-size-1": (GONE, {"EHLO": b"250-hostile.test\r\n250 SIZE 1\r\n"}),
    "ehlo-size-minus": (ANY + "|sent", {"EHLO": b"250-hostile.test\r\n250 SIZE -1\r\n"}),
    "ehlo-our-name": (ANY + "|sent", {"greeting": b"220 %(name)s ESMTP\r\n",
                                           "EHLO": b"250-%(name)s\r\n250 SIZE\r\n"}),
    "ehlo-xclient": (SENT, {"EHLO": b"250-hostile.test\r\n250-XCLIENT NAME\r\n250-STARTTLS\r\n250-AUTH PLAIN\r\n"
                                    b"250-XFORWARD NAME ADDR\r\n250 ETRN\r\n"}),
    # The envelope.
    "mail-garbage": (LATER, {"MAIL": b"what\r\n"}),
    "mail-close": (LATER, {"MAIL": CLOSE}),
    "mail-450": (LATER, {"MAIL": b"450 4.1.8 later\r\n"}),
    "mail-550": (GONE, {"MAIL": b"550 5.1.8 no\r\n"}),
    "mail-221": (LATER, {"MAIL": b"221 2.0.0 bye\r\n"}),
    "mail-354": (ANY, {"MAIL": b"354 go on\r\n"}),
    "rcpt-garbage": (LATER, {"RCPT": b"what\r\n"}),
    "rcpt-550": (GONE, {"RCPT": b"550 5.1.1 no\r\n"}),
    "rcpt-450": (LATER, {"RCPT": b"450 4.2.0 later\r\n"}),
    "rcpt-354": (ANY, {"RCPT": b"354 go on\r\n"}),
    "rcpt-221": (LATER, {"RCPT": b"221 2.0.0 bye\r\n"}),
    "rcpt-550-data-354": (GONE, {"RCPT": b"550 5.1.1 no\r\n", "DATA": b"354 go on\r\n",
                                 "dot": b"250 2.0.0 taken\r\n"}),
    "mail-drip": (LATER, {"MAIL": DRIP}),
    "mail-flood": (LATER, {"MAIL": FLOOD}),
    "mail-nul": (ANY + "|sent", {"MAIL": b"250\0 ok\r\n"}),
    "mail-huge-number": (LATER, {"MAIL": b"25000000000000000000000000 ok\r\n"}),
    "mail-status-huge": (ANY + "|sent", {"MAIL": b"250 2.99999999999999999999.99999999999999999999 ok\r\n"}),
    "mail-thousand": (ANY + "|sent", {"MAIL": b"250-2.1.0 more\r\n" * 1000 + b"250 2.1.0 ok\r\n"}),
    "mail-reset": (LATER, {"MAIL": RESET}),
    "rcpt-close": (LATER, {"RCPT": CLOSE}),
    "rcpt-421": (LATER, {"RCPT": b"421 4.3.2 going\r\n"}),
    "rcpt-552": (ANY, {"RCPT": b"552 5.5.3 too many\r\n"}),
    "rcpt-nul": (LATER, {"RCPT": b"\0\0\r\n"}),
    "rcpt-two": (ANY + "|sent", {"RCPT": b"250 2.1.5 ok\r\n550 5.1.1 no\r\n"}),
    "rcpt-escape": (GONE, {"RCPT": b"550 5.1.1 \x1b[2J\x00\x07 no\r\n"}),
    "rcpt-long": (GONE, {"RCPT": b"550 5.1.1 " + b"no " * 600 + b"\r\n"}),
    "rcpt-thousand": (ANY, {"RCPT": b"550-5.1.1 no\r\n" * 1000 + b"550 5.1.1 no\r\n"}),
    "rcpt-lf": (SENT, {"RCPT": b"250 2.1.5 ok\n"}),
    "rcpt-cr": (LATER, {"RCPT": (b"250 2.1.5 ok\r", CLOSE)}),
    "data-drip": (LATER, {"DATA": DRIP}),
    "data-flood": (LATER, {"DATA": FLOOD}),
    "data-reset": (LATER, {"DATA": RESET}),
    "data-421": (LATER, {"DATA": b"421 4.3.2 going\r\n"}),
    "data-nul": (ANY + "|sent", {"DATA": b"354\0\r\n"}),
    "dot-220": (ANY + "|sent", {"dot": b"220 2.0.0 what\r\n"}),
    "dot-421": (LATER, {"dot": b"421 4.3.2 going\r\n"}),
    "dot-space": (LATER, {"dot": b"   \r\n"}),
    "dot-late-nul": (ANY + "|sent", {"dot": b"250 2.0.0 tak\0en\r\n"}),
    "dot-ok-close": (SENT, {"dot": (b"250 2.0.0 taken\r\n", CLOSE)}),
    "dot-ok-reset": (ANY + "|sent", {"dot": (b"250 2.0.0 taken\r\n", RESET)}),
    "dot-ok-hang": (SENT, {"dot": (b"250 2.0.0 taken\r\n", HANG)}),
    "dot-ok-flood": (SENT, {"dot": (b"250 2.0.0 taken\r\n", FLOOD)}),
    "dot-continued-hang": (LATER, {"dot": (b"250-2.0.0 taken\r\n" * 1000, HANG)}),
    "dot-continued-flood": (LATER, {"dot": (b"250-2.0.0 taken\r\n" * 100000, CLOSE)}),
    "quit-flood": (SENT, {"QUIT": FLOOD}),
    "quit-drip": (SENT, {"QUIT": DRIP}),
    # LMTP.
    "lmtp-plain": (SENT, {}),
    "lmtp-no-lhlo": (ANY, {"LHLO": b"502 5.5.1 what\r\n"}),
    "lmtp-lhlo-close": (LATER, {"LHLO": CLOSE}),
    "lmtp-lhlo-flood": (LATER, {"LHLO": FLOOD}),
    "lmtp-lhlo-drip": (LATER, {"LHLO": DRIP}),
    "lmtp-lhlo-ten-thousand": (ANY + "|sent", {"LHLO": b"250-X\r\n" * 10000 + b"250 PIPELINING\r\n"}),
    "lmtp-greeting-flood": (LATER, {"greeting": FLOOD}),
    "lmtp-rcpt-garbage": (LATER, {"RCPT": b"what\r\n"}),
    "lmtp-rcpt-550": (GONE, {"RCPT": b"550 5.1.1 no\r\n", "DATA": b"503 5.5.1 no\r\n"}),
    "lmtp-data-close": (LATER, {"DATA": CLOSE}),
    "lmtp-dot-close": (LATER, {"dot": CLOSE}),
    "lmtp-dot-hang": (LATER, {"dot": HANG}),
    "lmtp-dot-garbage": (LATER, {"dot": b"garbage\r\n"}),
    "lmtp-dot-blank": (LATER, {"dot": b"\r\n"}),
    "lmtp-dot-221": (LATER, {"dot": b"221 2.0.0 bye\r\n"}),
    "lmtp-dot-354": (ANY, {"dot": b"354 go on\r\n"}),
    "lmtp-dot-nul": (LATER, {"dot": b"\0" * 1000 + b"\r\n"}),
    "lmtp-dot-flood": (LATER, {"dot": FLOOD}),
    "lmtp-dot-drip": (LATER, {"dot": DRIP}),
    "lmtp-dot-many": (SENT, {"dot": b"250 2.0.0 taken\r\n" * 1000}),
    "lmtp-dot-then-no": (SENT, {"dot": b"250 2.0.0 taken\r\n552 5.2.2 full\r\n"}),
    "lmtp-dot-half": (LATER, {"dot": (b"250 2.0.0 tak", CLOSE)}),
    "lmtp-quit-flood": (SENT, {"QUIT": FLOOD}),
    "rcpt-flood": (LATER, {"RCPT": FLOOD}),
    "rcpt-drip": (LATER, {"RCPT": DRIP}),
    "data-250": (ANY, {"DATA": b"250 2.0.0 ok\r\n"}),
    "data-garbage": (LATER, {"DATA": b"what\r\n"}),
    "data-554": (GONE, {"DATA": b"554 5.5.1 no\r\n"}),
    "data-two": (ANY, {"DATA": b"354 go on\r\n354 go on\r\n", "dot": b"554 5.0.0 no\r\n"}),
    "data-early-250": (ANY + "|sent", {"DATA": b"354 go on\r\n250 2.0.0 taken\r\n", "dot": b"554 5.0.0 no\r\n"}),
    "data-early-554": (ANY + "|sent", {"DATA": b"354 go on\r\n554 5.0.0 no\r\n"}),
    "data-early-421": (ANY + "|sent", {"DATA": b"354 go on\r\n421 4.3.2 going\r\n"}),
    "data-early-close": (ANY, {"DATA": (b"354 go on\r\n552 5.3.4 too big\r\n", CLOSE)}),
    "mail-421": (LATER, {"MAIL": b"421 4.3.2 going\r\n"}),
    "mail-two": (ANY + "|sent", {"MAIL": b"250 2.1.0 ok\r\n250 2.1.0 ok\r\n", "RCPT": b"550 5.1.1 no\r\n"}),
    "mail-many": (ANY, {"MAIL": b"250 2.1.0 ok\r\n" * 100000, "dot": CLOSE}),
    "rcpt-megabyte": (ANY, {"RCPT": b"550 5.1.1 " + b"n" * 1000000 + b"\r\n"}),
    "dot-megabyte": (ANY + "|sent", {"dot": b"250 2.0.0 " + b"n" * 1000000 + b"\r\n"}),
    "dot-nul-250": (LATER, {"dot": b"\x00250 2.0.0 taken\r\n"}),
    "dot-space-250": (LATER, {"dot": b" 250 2.0.0 taken\r\n"}),
    "dot-cr-250": (GONE, {"dot": b"554 5.0.0 no\r250 2.0.0 taken\r\n"}),
    "data-close": (LATER, {"DATA": CLOSE}),
    "data-deaf": (LATER, {"DATA": (b"354 go on\r\n", HANG)}),
    "quit-close": (SENT, {"QUIT": CLOSE}),
    "quit-hang": (SENT, {"QUIT": HANG}),
    "quit-garbage": (SENT, {"QUIT": b"\0" * 10000}),
    "all-at-once": (ANY + "|sent", {"greeting": b"".join(USUAL[s] for s in (
        "greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot", "QUIT")), "EHLO": b"", "MAIL": b"",
        "RCPT": b"", "DATA": b"", "dot": CLOSE}),
}


class Over(Exception):
    pass


class Handler(socketserver.BaseRequestHandler):
    def act(self, stage):
        what = self.server.case.get(stage, USUAL.get(stage, b"250 ok\r\n"))
        for one in what if isinstance(what, tuple) else (what,):
            self.do(one)

    def do(self, one):
        if isinstance(one, bytes):
            self.request.sendall(one.replace(b"%(name)s", sys.argv[2].encode()))
        elif one is HANG:
            self.server.ended.wait()
            raise Over
        elif one is CLOSE:
            raise Over
        elif one is RESET:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise Over
        elif one is FLOOD:
            while True:
                self.request.sendall(b"250-" + b"x" * 60000)
        elif one is DRIP:
            while True:
                self.request.sendall(b"2")
                time.sleep(0.1)

    def handle(self):
        try:
            self.talk()
        except (Over, OSError):
            pass

    def talk(self):
        self.act("greeting")
        lines = self.request.makefile("rb")
        for line in lines:
            verb = line[:4].upper().decode("latin1")
            self.act(verb)
            if verb == "QUIT":
                return
            if verb == "DATA" and self.server.case.get("DATA", b"354")[:1] == b"3" or \
                    verb == "DATA" and isinstance(self.server.case.get("DATA"), tuple):
                for text in lines:
                    if text == b".\r\n":
                        self.server.note_message()
                        break
                self.act("dot")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 50

    def note_message(self):
        with open(FOLDER + "/dots", "a", encoding="utf8") as dots:
            dots.write(self.name + "\n")


def main():
    ended = threading.Event()
    with open(FOLDER + "/transport", "w", encoding="utf8") as transport, \
            open(FOLDER + "/expected", "w", encoding="utf8") as expected:
        for name, (fate, case) in CASES.items():
            server = Server(("127.0.0.1", 0), Handler)
            server.name, server.case = name, case
            server.ended = ended
            threading.Thread(target=server.serve_forever, daemon=True).start()
            protocol = "lmtp" if name.startswith("lmtp-") else "smtp"
            # What has to come in time is waited for.
            if fate in (SENT, GONE):
                protocol += "-patient"
            protocol += ":inet:" if name.startswith("lmtp-") else ":"
            print("%s.test %s[127.0.0.1]:%d" % (name, protocol, server.server_address[1]), file=transport)
            print(name, fate, file=expected)
    os.rename(FOLDER + "/expected", FOLDER + "/cases")
    ended.wait()


main()
