# SPDX-License-Identifier: ISC
"""cut.py PORT SERVER-PORT FOLDER KEY - stand between a client and a server on
this machine. While FOLDER/cut is there, a question with KEY in it ends in a
reset, as when the server is killed meanwhile, and from then on nobody listens;
FOLDER/was-cut says that it happened."""
import os
import select
import socket
import sys
import threading
import time

PORT, SERVER, FOLDER, KEY = (int(sys.argv[1]), int(sys.argv[2]), sys.argv[3],
                             sys.argv[4].encode())
RESET = b"\1\0\0\0\0\0\0\0"


def has(name):
    return os.path.exists("%s/%s" % (FOLDER, name))


def relay(client, server):
    other = {client: server, server: client}
    while True:
        for side in select.select(list(other), [], [])[0]:
            data = side.recv(65536)
            if not data:
                return
            if side is client and KEY in data and has("cut"):
                open(FOLDER + "/was-cut", "w").close()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return
            other[side].sendall(data)


def serve(client):
    try:
        with client, socket.create_connection(("127.0.0.1", SERVER)) as server:
            relay(client, server)
    except OSError:
        pass


while True:
    with socket.create_server(("127.0.0.1", PORT)) as listener:
        while not has("was-cut"):
            if select.select([listener], [], [], 0.1)[0]:
                threading.Thread(target=serve, args=(listener.accept()[0],),
                                 daemon=True).start()
    while has("was-cut"):
        time.sleep(0.1)
