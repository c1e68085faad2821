# SPDX-License-Identifier: ISC
"""policy.py - a policy server that does what a test tells it."""
import socket
import threading


class PolicyServer:
    """`answer` is a function of a request's attributes: the action, or None to
    hang up, or "" to say nothing for ever. `requests` are the attributes, in
    their order; `connections` counts."""

    def __init__(self, path, answer):
        self.answer, self.requests, self.connections = answer, [], 0
        inet = isinstance(path, tuple)
        self.listener = socket.socket(socket.AF_INET if inet
                                      else socket.AF_UNIX)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(path)
        self.listener.listen(50)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, _ = self.listener.accept()
            self.connections += 1
            threading.Thread(target=self.serve, args=(peer,),
                             daemon=True).start()

    def serve(self, peer):
        file = peer.makefile("rb")
        request = []
        for line in file:
            line = line.decode("latin1").rstrip("\n")
            if line:
                request.append(tuple(line.split("=", 1)))
                continue
            self.requests.append(request)
            action = self.answer(dict(request))
            if action is None:
                break
            if action:
                peer.sendall(("action=%s\n\n" % action).encode("latin1"))
            request = []
        file.close()
        peer.close()

    @property
    def last(self):
        return dict(self.requests[-1])
