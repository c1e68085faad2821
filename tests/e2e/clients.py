# SPDX-License-Identifier: ISC
"""clients.py SPOOL PORT - a client of every service, so that each has a process
for as long as this one runs."""
import glob
import socket
import sys
import time

spool, port = sys.argv[1], int(sys.argv[2])
clients = [socket.create_connection(("127.0.0.1", port))]
for path in glob.glob(spool + "/private/*") + glob.glob(spool + "/public/*"):
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(path)
        clients.append(client)
    except OSError:  # of another kind
        pass
print("connected", flush=True)
time.sleep(10000)
