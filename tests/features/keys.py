# SPDX-License-Identifier: ISC
"""keys.py - tables that note what they are asked."""
import socket
import threading


class Unknown(Exception):
    """What note() may raise for a lookup that is to fail."""


class Asked:
    """list(name, folder) makes two tables for a list of tables in main.cf:
    one is asked for parts of addresses, too, and in small letters, as
    hash: is, the other for whole keys as they come, as tcp: is."""

    def __init__(self):
        self.log, self.answers = [], {}

    def list(self, name, folder):
        path = "%s/%s.cf" % (folder, name)
        with open(path, "w") as file:
            file.write("memcache = inet:127.0.0.1:%d\nmax_try = 1\n"
                       % self.listen(self.memcache, name))
        return "memcache:%s, socketmap:inet:127.0.0.1:%d:x" % (
            path, self.listen(self.socketmap, name + "/whole"))

    def keys(self, name):
        """What this table was asked, each key once."""
        return list(dict.fromkeys(key for table, key in list(self.log)
                                  if table == name))

    def note(self, name, key):
        self.log.append((name, key))
        return self.answers.get((name.split("/")[0], key))

    def listen(self, serve, name):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        threading.Thread(target=self.accept, args=(listener, serve, name),
                         daemon=True).start()
        return listener.getsockname()[1]

    def accept(self, listener, serve, name):
        while True:
            peer, _ = listener.accept()
            threading.Thread(target=serve, daemon=True,
                             args=(peer.makefile("rwb"), name)).start()

    def memcache(self, file, name):
        for line in file:
            key = line.decode("latin1").split()[1]
            value = self.note(name, key)
            if value is not None:
                file.write(b"VALUE %s 0 %d\r\n%s\r\n" % (
                    key.encode("latin1"), len(value), value.encode()))
            file.write(b"END\r\n")
            file.flush()

    def socketmap(self, file, name):
        while True:
            length = b""
            while length[-1:] != b":":
                more = file.read(1)
                if not more:
                    return
                length += more
            text = file.read(int(length[:-1])).decode("latin1")
            file.read(1)
            try:
                value = self.note(name, text.split(" ", 1)[1])
                said = "NOTFOUND " if value is None else "OK " + value
            except Unknown:
                said = "TEMP not now"
            file.write(b"%d:%s," % (len(said), said.encode()))
            file.flush()
