# SPDX-License-Identifier: ISC
#
# readers.py <port> - the traffic of an ordinary day, for the programs that
# read mail logs: mail that arrives, is refused, lost, deferred, held, returned.
import socket
import sys
import time

PORT = int(sys.argv[1])
HELLO = "EHLO client.example.net"


class Session:
    """One client's connection; a step is a line to send and awaits its reply."""

    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", PORT), 600)
        self.file = self.socket.makefile("rb")
        self.reply()

    def reply(self):
        while True:
            line = self.file.readline()
            if len(line) < 4 or line[3:4] != b"-":
                return line.decode(errors="replace")

    def say(self, *lines):
        """Says them, each after the reply to the one before; the last reply."""
        reply = ""
        for line in lines:
            try:
                self.socket.sendall(line.encode() + b"\r\n")
                reply = self.reply()
            except OSError:
                reply = ""
            if not reply:
                break
            print(line.partition("\r\n")[0] + ": " + reply.strip())
        return reply

    def vanish(self):
        self.file.close()
        self.socket.close()


def mail(recipients, sender="sender@example.net", subject="hello", body="text\r\n",
         hello=HELLO, client=None):
    recipients = [recipients] if isinstance(recipients, str) else recipients
    session = Session()
    session.say(hello, "MAIL FROM:<%s>" % sender)
    session.say(*["RCPT TO:<%s>" % recipient for recipient in recipients])
    if session.say("DATA").startswith("354"):
        session.say("From: <%s>\r\nSubject: %s\r\nMessage-Id: <%s@example.net>\r\n\r\n%s." %
                    (sender, subject, subject.replace(" ", "-"), body))
    session.say("QUIT")
    session.vanish()


def ordinary():
    for recipient in ("box", "maildir", "alias", "group"):
        mail(recipient + "@example.test", subject="to " + recipient)
    mail(["box@example.test", "maildir@example.test", "other@remote.test"], subject="to three")
    mail("box+tag@example.test", subject="to an extension")
    mail("box@example.test", sender="", subject="from nobody")
    for host in ("remote", "refuses", "waits", "dead", "error", "retry", "thrown"):
        mail("user@%s.test" % host, subject="to " + host)
    mail("box@example.test", body="long line " * 400 + "\r\n", subject="long")


def refused():
    mail("user@elsewhere.example", subject="relay")
    mail("unknown@example.test", subject="unknown user")
    mail("box@example.test", sender="bad@bad.example", subject="bad sender")
    mail("box@example.test", sender="later@bad.example", subject="later")
    mail("box@example.test", hello="EHLO bad.example", subject="bad helo")
    mail("box@example.test", hello="HELO [no-address]", subject="invalid helo")
    mail("box@example.test", hello="HELO plain", subject="short helo")
    mail("box", subject="no domain")
    for word in ("reject", "discard", "hold", "warn", "redirect", "prepend", "replace", "ignore"):
        mail("box@example.test", subject="please " + word)
    mail("box@example.test", subject="body", body="forbidden words\r\n")
    mail("box@example.test", sender="s@warned.example", subject="warned")
    mail("box@example.test", sender="s@held.example", subject="held")
    mail("box@example.test", sender="s@thrown.example", subject="thrown")
    mail("box@example.test", body="x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 800, subject="large")


def strange():
    for steps in ([], [HELLO], [HELLO, "MAIL FROM:<a@example.net>"],
                  [HELLO, "MAIL FROM:<a@example.net>", "RCPT TO:<box@example.test>"],
                  [HELLO, "MAIL FROM:<a@example.net>", "RCPT TO:<box@example.test>", "DATA"]):
        session = Session()
        session.say(*steps)
        session.vanish()
        time.sleep(0.05)
    session = Session()
    session.say("GET / HTTP/1.0")
    session.vanish()
    session = Session()
    session.say(HELLO, *["NONSENSE %d" % number for number in range(30)])
    session.vanish()
    session = Session()
    session.say(HELLO, "MAIL FROM:<a b@example.net>", "MAIL FROM:<@>", "RCPT TO:<x@y>",
                "MAIL FROM:<a@example.net> SIZE=99999999999", "VRFY box@example.test",
                "EXPN list", "ETRN example.test", "AUTH PLAIN AGEAYg==", "STARTTLS",
                "MAIL FROM:<a@example.net> FOO=bar", "RSET", "NOOP", "QUIT")
    session.vanish()


ordinary()
refused()
strange()
