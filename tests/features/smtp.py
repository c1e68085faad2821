# SPDX-License-Identifier: ISC
"""smtp.py - a client and a server that do what a test tells them."""
import os
import socket
import threading
import time


PATIENCE = int(os.environ.get("PATIENCE", "180"))  # as lab.py's


class Reply(str):
    """All lines of a reply; `code` is its number, 0 for a closed connection."""
    @property
    def code(self):
        return int(self[:3]) if self[:3].isdigit() else 0


class Client:
    """client("EHLO x") sends a line and returns the Reply."""

    def __init__(self, host, port=25, source=None, banner=True,
                 timeout=PATIENCE):
        self.socket = socket.create_connection(
            (host, port), timeout, (source, 0) if source else None)
        self.file = self.socket.makefile("rb")
        self.banner = self.read() if banner else None

    def send(self, data):
        self.socket.sendall(data.encode("latin1"))

    def read(self):
        lines = []
        while True:
            line = self.file.readline().decode("latin1")
            lines.append(line.rstrip("\r\n"))
            if not line or line[3:4] != "-":
                return Reply("\n".join(lines))

    def __call__(self, line):
        try:
            self.send(line + "\r\n")
            return self.read()
        except (BrokenPipeError, ConnectionResetError):
            return Reply("")

    def at_end(self):
        """Has the server hung up?"""
        try:
            return self.file.readline() == b""
        except ConnectionResetError:
            return True

    def envelope(self, sender, *recipients, helo="ok.test"):
        """Up to RCPT; the first refusal, or the last reply."""
        said = self("EHLO " + helo) if helo else Reply("250")
        for line in ["MAIL FROM:<%s>" % sender] + ["RCPT TO:<%s>" % r
                                                   for r in recipients]:
            if said.code >= 400 or said.code == 0:
                return said
            said = self(line)
        return said

    def data(self, text):
        said = self("DATA")
        if said.code != 354:
            return said
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
        if not text.endswith("\r\n"):
            text += "\r\n"
        text = text.replace("\r\n.", "\r\n..")
        return self(text + ".")

    def close(self):
        self.file.close()
        self.socket.close()


class Session:
    def __init__(self):
        self.began = time.time()
        self.ended = None
        self.commands = []
        self.transactions = []  # (sender, [recipients], text)


SILENCE = object()  # a reply that never comes
STOP_READING = object()  # after DATA: 354, then nothing more is read


class Sink:
    """A server on <address>:<port>, or on the path of a socket.

    With waits=True it holds back the reply to each message until let() allows
    some. `replies` maps a verb ("GREETING", "EHLO", "MAIL", ..., "DOT") to a text,
    to SILENCE, or to a function of the command that returns one of these."""

    running = []
    DEFAULTS = {"GREETING": "220 sink.test ESMTP", "EHLO": "250 sink.test",
                "LHLO": "250 sink.test", "DATA": "354 go",
                "QUIT": "221 bye"}

    def __init__(self, address, port=25, lmtp=False, waits=False, **replies):
        self.replies = dict(self.DEFAULTS, **replies)
        self.lmtp = lmtp
        self.allowed = threading.Semaphore(0) if waits else None
        self.sessions, self.most, self.open = [], 0, 0
        self.lock, self.peers = threading.Lock(), []
        kind = (socket.AF_UNIX if address.startswith("/") else
                socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.listener = socket.socket(kind)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(address if kind == socket.AF_UNIX
                           else (address, port))
        self.listener.listen(50)
        self.running.append(self)
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self not in self.running:
            return
        self.running.remove(self)
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for peer in self.peers:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def let(self, count=1000):
        """Reply to so many messages."""
        for _ in range(count):
            self.allowed.release()

    @property
    def mail(self):
        """All transactions: (sender, recipients, text)."""
        return [t for s in list(self.sessions) for t in s.transactions]

    def got(self, word):
        """The first message that has the word."""
        return next((t for t in self.mail if word in t[2]), None)

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,),
                             daemon=True).start()

    def serve(self, peer):
        session = Session()
        with self.lock:
            self.sessions.append(session)
            self.peers.append(peer)
        try:
            self.talk(peer, session)
        except OSError:
            pass
        session.ended = time.time()
        peer.close()

    def text_for(self, verb, line=""):
        text = self.replies.get(verb, "250 ok")
        return text(line) if callable(text) else text

    def answer(self, peer, verb, line=""):
        """Say what is due; None if that is nothing."""
        return self.say(peer, self.text_for(verb, line))

    @staticmethod
    def say(peer, text):
        if text is SILENCE:
            return None
        if text is STOP_READING:
            peer.sendall(b"354 go\r\n")
            time.sleep(60)
            return None
        peer.sendall(text.replace("\n", "\r\n").encode() + b"\r\n")
        return text

    def talk(self, peer, session):
        file = peer.makefile("rb")
        self.answer(peer, "GREETING")
        sender, recipients = "", []
        for line in file:
            line = line.decode("latin1").rstrip("\r\n")
            session.commands.append(line)
            verb = line.split(" ")[0].upper()
            said = self.answer(peer, verb, line)
            if verb == "QUIT" and said is not None:
                return
            if said is None or not said.startswith(("2", "3")):
                continue
            if verb == "MAIL":
                sender, recipients = path_of(line), []
            elif verb == "RCPT":
                recipients.append(path_of(line))
            elif verb == "DATA":
                with self.lock:
                    self.open += 1
                    self.most = max(self.most, self.open)
                text = read_message(file)
                if self.allowed:
                    self.allowed.acquire()
                with self.lock:
                    self.open -= 1
                replies = [self.text_for("DOT")
                           for _ in (recipients if self.lmtp else [1])]
                # Before the client knows it.
                if str(replies[-1]).startswith("2"):
                    session.transactions.append((sender, recipients, text))
                for said in replies:
                    self.say(peer, said)


def path_of(line):
    return line.split("<", 1)[1].split(">")[0]


def read_message(file):
    lines = []
    for line in file:
        if line == b".\r\n":
            break
        lines.append(line[1:] if line.startswith(b".") else line)
    return b"".join(lines).decode("latin1").replace("\r\n", "\n")
