#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hold.py <port> <count> [ready-file] - hold that many SMTP sessions that have
said EHLO, until killed; then print how many milliseconds the greeting of one
more takes. With a count of 0, print that and end."""
import resource
import socket
import sys
import time

port, count = int(sys.argv[1]), int(sys.argv[2])


def connect():
    session = socket.create_connection(("127.0.0.1", port))
    session.settimeout(60)
    if not session.recv(200).startswith(b"220"):
        sys.exit("no greeting")
    return session


def greet():
    session = connect()
    session.send(b"EHLO idle.example\r\n")
    session.recv(1000)
    return session


if count == 0:
    start = time.monotonic()
    connect().close()
    print("%.1f" % ((time.monotonic() - start) * 1000))
    sys.exit()
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = [greet() for _ in range(count)]
open(sys.argv[3], "w").close()
time.sleep(600)
