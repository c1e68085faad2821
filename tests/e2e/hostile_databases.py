#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hostile_databases.py POSTMAP FOLDER TYPE... - servers of memcache:, ldap:,
mysql:, pgsql: and mongodb: tables that send anything but what was asked for.

A lookup says that it failed, soon, and takes no memory to speak of. Prints a
line for each type; ldaps is ldap: with TLS, for which FOLDER has a
certificate, server.pem; pgsql-unix is pgsql: through a UNIX-domain socket."""
import concurrent.futures
import os
import resource
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

POSTMAP, FOLDER = sys.argv[1], sys.argv[2]
SECONDS = 90  # a lookup; a login has 30, a library of SQL gives up after 100
MEMORY_KB = 64 << 10  # with the client library
BIG = 30_000_000  # bytes of an answer without end
CHECKED = os.environ.get("SAN") or os.environ.get("VALGRIND")

SETTINGS = {
    "memcache": "memcache = inet:127.0.0.1:%d\ntimeout = 2\nmax_try = 1\n",
    "ldap": "server_host = ldap://127.0.0.1:%d\ntimeout = 2\nversion = 3\n"
            "bind = no\nsearch_base = dc=x\nquery_filter = (a=%%s)\n"
            "result_attribute = v\n",
    "pgsql": "hosts = postgresql://a:b@127.0.0.1:%d/c?sslmode=disable\n"
             "query = SELECT v FROM t WHERE k = '%%s'\n",
    "mongodb": "uri = mongodb://127.0.0.1:%d/?serverSelectionTimeoutMS=2000"
               "&socketTimeoutMS=2000&connectTimeoutMS=2000\ndbname = c\n"
               "collection = d\nquery_filter = {\"k\": \"%%s\"}\n"
               "result_attribute = v\n",
}

SETTINGS["ldaps"] = SETTINGS["ldap"].replace("ldap:", "ldaps:")
SQL = ("user = a\npassword = b\ndbname = c\n"
       "query = SELECT v FROM t WHERE k = '%%s'\n")
SETTINGS["mysql"] = "hosts = inet:127.0.0.1:%d\n" + SQL
SETTINGS["pgsql-unix"] = "hosts = unix:%s\n" + SQL
TYPES = {"ldaps": "ldap", "pgsql-unix": "pgsql"}  # others are their own


def settings_of(kind, name, place):
    text = SETTINGS[kind] % place
    if name.startswith("bound"):
        text = text.replace("bind = no", "bind = yes")
    if name.startswith("TLS"):
        text += "start_tls = yes\n"
    if name == "streams groups":
        text = text.replace("result_attr", "special_result_attr")
    if name in STREAMS.get(kind, {}):
        text = text.replace("timeout = 2", "timeout = 3600")
    return text


def endless(block, start=b""):
    yield start
    for _ in range(BIG // len(block)):
        yield block


def drip(start=b""):
    yield start
    while True:
        time.sleep(0.1)
        yield b"x"


# When the client has come, and when it has said something: what is sent each
# time; then the connection ends, unless the answer hangs.
HANG, RESET, TLS = object(), object(), object()
ANY = {
    "closes": [],
    "resets": [RESET],
    "hangs up later": [b"", b""],
    "noise": [bytes(range(256)) * 20],
    "NULs": [b"\0" * 70000],
    "lines": [b"\r\n" * 1000, b"OK\r\n" * 1000],
    "endless": [lambda: endless(b"x" * 65536)],
    "endless NULs": [lambda: endless(b"\0" * 65536)],
    "endless lines": [b"", lambda: endless(b"a\r\n" * 20000)],
    "SMTP": [b"220 here ESMTP\r\n", b"502 what\r\n"],
}
SLOW = {
    "says nothing": [HANG],
    "drips": [drip],
    "drips an answer": [b"", drip],
}


def mysql_packet(number, data, length=None):
    size = len(data) if length is None else length
    return struct.pack("<I", size)[:3] + bytes([number]) + data


MYSQL_HELLO = mysql_packet(0, b"\x0a5.5.5-x\0" + b"\1\0\0\0" + b"saltsalt\0" +
                           b"\xff\xf7\x08\x02\0\x0f\x80\x15" + b"\0" * 10 +
                           b"saltsaltsalt\0mysql_native_password\0")
MYSQL_OK = mysql_packet(2, b"\0\0\0\2\0\0\0")


def pgsql(kind, data, length=None):
    size = len(data) + 4 if length is None else length
    return kind + struct.pack("!I", size) + data


PGSQL_READY = pgsql(b"R", struct.pack("!I", 0)) + pgsql(b"Z", b"I")
PGSQL_SET = pgsql(b"C", b"SET\0") + pgsql(b"Z", b"I")


def ldap_entry(value, length=None):
    size = struct.pack("!I", len(value) if length is None else length)
    return b"\x30\x84" + size + value


OWN = {
    "memcache": {
        "no end": [b"", b"VALUE a 0 5\r\nhello\r\n"],
        "other key": [b"", b"VALUE b 0 5\r\nhello\r\nEND\r\n"],
        "long": [b"", lambda: endless(b"x" * 65536, b"VALUE a 0 999999999\r\n")],
        "too long": [b"", b"VALUE a 0 99999999999999999999\r\nhello\r\nEND\r\n"],
        "negative": [b"", b"VALUE a 0 -5\r\nhello\r\nEND\r\n"],
        "no number": [b"", b"VALUE a 0 x\r\nhello\r\nEND\r\n"],
        "shorter": [b"", b"VALUE a 0 9\r\nhello\r\nEND\r\n"],
        "longer": [b"", b"VALUE a 0 2\r\nhello\r\nEND\r\n"],
        "error": [b"", b"SERVER_ERROR out of memory\r\n"],
        "drips a value": [b"", lambda: drip(b"VALUE a 0 9999\r\n")],
    },
    "ldap": {
        "huge": [b"", ldap_entry(b"\2\1\1\x64", 0x7fffffff)],
        "huger": [b"", ldap_entry(b"\2\1\1\x64", 0xffffffff)],
        "no end": [b"", b"\x30\x80" + b"\x30\x80" * 30000],
        "empty": [b"", b"\x30\x00"],
        "nested": [b"", ldap_entry(b"\2\1\1" + b"\x30\x84\0\0\1\0" * 5000)],
        "other message": [b"", ldap_entry(b"\2\1\x7f\x65\7\n\1\0\4\0\4\0"), b""],
        "drips an entry": [b"", lambda: drip(
            ldap_entry(b"\2\1\1\x64", 0xffffff))],
        "bound, then reset": [b"", b"\x30\x0c\2\1\1\x61\7\n\1\0\4\0\4\0",
                              RESET],
        "TLS, then silence": [b"", b"\x30\x0c\2\1\1\x78\7\n\1\0\4\0\4\0",
                              HANG],
        "goes away": [b"", ldap_entry(b"\2\1\0\x78\x07\n\1\x34\4\0\4\0")],
        "streams others' entries": [b"", lambda: for_ever(
            ldap_found(9) * 2000)],
        "streams one entry": [b"", lambda: for_ever(
            b"x" * 65536, ldap_entry(b"\2\1\1\x64", 0x7fffffff))],
    },
    "mysql": {
        "old": [mysql_packet(0, b"\x09")],
        "cut": [MYSQL_HELLO[:20]],
        "huge": [mysql_packet(0, b"\x0a", 0xffffff)],
        "drips a greeting": [lambda: drip(mysql_packet(0, b"", 99999))],
        "drips a login": [MYSQL_HELLO, lambda: drip(
            mysql_packet(2, b"", 99999))],
        "error": [mysql_packet(0, b"\xff\x10\x04" + b"no " * 20000)],
        "other number": [MYSQL_HELLO, MYSQL_OK.replace(b"\2", b"\7", 1)],
        "more authentication": [MYSQL_HELLO] + [mysql_packet(
            2, b"\xfeunknown_plugin\0salt")] * 3,
        "a file, please": [MYSQL_HELLO, MYSQL_OK, mysql_packet(
            1, b"\xfb/etc/passwd"), b""],
        "many columns": [MYSQL_HELLO, MYSQL_OK, mysql_packet(
            1, b"\xfe" + b"\xff" * 8)],
        "columns": [MYSQL_HELLO, MYSQL_OK, mysql_packet(1, b"\xfd\xff\xff\xff")],
        "column": [MYSQL_HELLO, MYSQL_OK, mysql_packet(1, b"\1") +
                   mysql_packet(2, b"\xfe" + b"\xff" * 8)],
    },
    "pgsql": {
        "huge": [b"", pgsql(b"R", b"", 0x7fffffff)],
        "negative": [b"", pgsql(b"R", b"", 0xffffffff)],
        "tiny": [b"", pgsql(b"R", b"", 1)],
        "drips a login": [b"", lambda: drip(pgsql(b"E", b"S", 20000))],
        "unknown": [b"", pgsql(b"R", struct.pack("!I", 9999))],
        "error": [b"", pgsql(b"E", b"SFATAL\0Mno " + b"no " * 9000 + b"\0\0")],
        "notices": [b"", lambda: endless(pgsql(b"N", b"SX\0Mx\0\0") * 4000)],
        "encoding": [b"", PGSQL_READY, pgsql(b"E", b"SERROR\0Mno\0\0")],
        "copies": [b"", PGSQL_READY, PGSQL_SET, pgsql(b"G", b"\0\0\0"), b""],
        "copies out": [b"", PGSQL_READY, PGSQL_SET, pgsql(b"H", b"\0\0\0") +
                       pgsql(b"d", b"x" * 1000) * 1000],
        "columns": [b"", PGSQL_READY, PGSQL_SET, pgsql(b"T", b"\x7f\xff")],
        "fields": [b"", PGSQL_READY, PGSQL_SET, pgsql(
            b"T", b"\0\1v\0" + b"\0" * 18) + pgsql(b"D", b"\x7f\xff")],
        "field": [b"", PGSQL_READY, PGSQL_SET, pgsql(
            b"T", b"\0\1v\0" + b"\0" * 18) +
            pgsql(b"D", b"\0\1" + struct.pack("!I", 0x7fffffff))],
        "data first": [b"", PGSQL_READY, PGSQL_SET, pgsql(b"D", b"\0\1")],
        "half": [b"", PGSQL_READY, PGSQL_SET, pgsql(b"T", b"\0\1v", 100)],
    },
    # (Without a document, libmongoc 1.23 reads what it never set, and crashes.)
    "mongodb": {
        "huge": [b"", struct.pack("<iiii", 0x7fffffff, 1, 1, 2013)],
        "negative": [b"", struct.pack("<iiii", -1, 1, 1, 2013)],
        "tiny": [b"", struct.pack("<iiii", 3, 1, 1, 2013)],
        "drips a reply": [b"", lambda: drip(
            struct.pack("<iiii", 9999, 1, 1, 2013))],
        "other kind": [b"", struct.pack("<iiii", 16, 1, 1, 2012)],
    },
}
# What goes on until the client has enough: each part as it should be.
def for_ever(block, start=b""):
    yield start
    while True:
        yield block


def mysql_row(first=0):
    return b"".join(mysql_packet(n % 256, b"\x03abc") for n in
                    range(first, first + 256)) * 64


MYSQL_COLUMN = (b"\3def" + b"\1x" * 5 + b"\x0c" + b"\x21\0" + b"\0\1\0\0" +
                b"\xfd" + b"\0" * 5)
MYSQL_SET = (mysql_packet(1, b"\1") + mysql_packet(2, MYSQL_COLUMN) +
             mysql_packet(3, b"\xfe\0\0\2\0"))
PGSQL_COLUMN = pgsql(b"T", b"\0\1v\0" + struct.pack(
    "!IHIhih", 0, 0, 25, -1, -1, 0))


def ldap_reference(number, url):
    body = b"\2\1" + bytes([number, 0x73, len(url) + 2, 4, len(url)]) + url
    return b"\x30" + bytes([len(body)]) + body


def ldap_part(tag, body):
    return bytes([tag]) + b"\x84" + struct.pack("!I", len(body)) + body


def ldap_group(number):
    """An entry with members that have one letter, and the end of the answer."""
    members = ldap_part(0x31, b"\4\1x" * 200000)
    entry = b"\4\4dc=x" + ldap_part(0x30, ldap_part(0x30, b"\4\1v" + members))
    name = b"\2\1" + bytes([number])
    return (ldap_part(0x30, name + ldap_part(0x64, entry)) +
            ldap_part(0x30, name + b"\x65\7\n\1\0\4\0\4\0"))


def ldap_found(number):
    entry = (b"\x04\4dc=x" + b"\x30\x0a" + b"\x30\x08" + b"\4\1v" +
             b"\x31\3" + b"\4\1y")
    body = b"\2\1" + bytes([number]) + b"\x64" + bytes([len(entry)]) + entry
    return b"\x30" + bytes([len(body)]) + body


# How much of each kind of table's server is too much, in its own words.
TOO_MUCH = {
    "ldap": b"more than 16777216 bytes",
    "ldaps": b"more than 16777216 bytes",
    "mysql": b"too long an answer",
    "pgsql": b"more than 4194304 bytes",
    "pgsql-unix": b"more than 4194304 bytes",
}
# The limit of time is far away here, or does not matter.
STREAMS = {
    "ldap": {
        "streams entries": [b"", lambda: for_ever(ldap_found(1) * 2000)],
        "streams references": [b"", lambda: for_ever(
            ldap_reference(1, b"ldap:///dc=y") * 2000)],
        "streams groups": [b""] + [ldap_group(n) for n in range(1, 20)],
    },
    "ldaps": {
        "streams entries": [TLS, b"", lambda: for_ever(ldap_found(1) * 2000)],
        "streams others' entries": [TLS, b"", lambda: for_ever(
            ldap_found(9) * 2000)],
    },
    "mysql": {
        "streams rows": [MYSQL_HELLO, MYSQL_OK, lambda: for_ever(
            mysql_row(), MYSQL_SET + b"".join(
                mysql_packet(n, b"\x03abc") for n in range(4, 256)))],
        "streams columns": [MYSQL_HELLO, MYSQL_OK, lambda: for_ever(
            b"".join(mysql_packet(n, MYSQL_COLUMN) for n in range(256)) * 8,
            mysql_packet(1, b"\1") + b"".join(
                mysql_packet(n, MYSQL_COLUMN) for n in range(2, 256)))],
        "streams one row": [MYSQL_HELLO, MYSQL_OK, lambda: for_ever(
            b"x" * 65536, MYSQL_SET + mysql_packet(4, b"x" * 64, 0xffffff))],
        "streams results": [MYSQL_HELLO, MYSQL_OK, lambda: for_ever(
            b"".join(mysql_packet(1, b"\0\0\0\x0a\0\0\0") for n in range(256)))],
    },
    "pgsql": {
        "streams notices": [b"", lambda: for_ever(
            pgsql(b"N", b"SX\0M" + b"x" * 1000 + b"\0\0") * 60,
            pgsql(b"R", struct.pack("!I", 0)))],
        "streams rows": [b"", PGSQL_READY, PGSQL_SET, lambda: for_ever(
            pgsql(b"D", b"\0\1\0\0\0\1x") * 4000, PGSQL_COLUMN)],
        "streams one row": [b"", PGSQL_READY, PGSQL_SET, lambda: for_ever(
            b"x" * 65536, PGSQL_COLUMN + pgsql(
                b"D", b"\0\1\x0f\xff\xff\xf2", 0x0ffffffc))],
        "streams results": [b"", PGSQL_READY, PGSQL_SET, lambda: for_ever(
            pgsql(b"C", b"SELECT" + b"x" * 1000 + b"\0") * 60)],
        "streams settings": [b"", PGSQL_READY, PGSQL_SET, lambda: for_ever(
            pgsql(b"S", b"a\0" + b"b" * 1000 + b"\0") * 60)],
    },
}
STREAMS["pgsql-unix"] = STREAMS["pgsql"]
SLOW_OWN = {  # whose query is given up after 100 seconds: SLOW=1
    "mysql": {
        "hangs in a query": [MYSQL_HELLO, MYSQL_OK, HANG],
        "drips in a query": [MYSQL_HELLO, MYSQL_OK, lambda: drip(
            mysql_packet(1, b"\1") + mysql_packet(2, b"", 99999))],
    },
    "pgsql": {
        "hangs in a query": [b"", PGSQL_READY, PGSQL_SET, HANG],
        "drips in a query": [b"", PGSQL_READY, PGSQL_SET, lambda: drip(
            pgsql(b"T", b"\0\1v", 20000))],
    },
}


def serve(peer, steps):
    if steps[:1] == [TLS]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(FOLDER + "/server.pem")
        peer, steps = context.wrap_socket(peer, server_side=True), steps[1:]
    with peer:
        for number, step in enumerate(steps):
            if step is RESET:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
                return
            if number > 0 and not peer.recv(65536):
                return
            if step is HANG:
                while peer.recv(65536):
                    pass
                return
            for part in step() if callable(step) else (step,):
                peer.sendall(part)


def accept(listener, steps):
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return

        def one(peer=peer):
            try:
                serve(peer, steps)
            except OSError:
                pass
        threading.Thread(target=one, daemon=True).start()


def listen(kind, name):
    """A socket, and its port or path."""
    if not kind.endswith("-unix"):
        listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        return listener, listener.getsockname()[1]
    folder = "%s/%s-%s" % (FOLDER, kind, name.replace(" ", "-"))
    os.mkdir(folder)
    path = folder + "/.s.PGSQL.5432"
    return socket.create_server(path, family=socket.AF_UNIX, backlog=50), path


def start(kind, name, steps):
    """A server; returns its socket, and its port or path."""
    listener, place = listen(kind, name)
    threading.Thread(target=accept, args=(listener, steps),
                     daemon=True).start()
    return listener, place


def write_settings(kind, name, text):
    path = "%s/%s-%s.cf" % (FOLDER, kind, name.replace(" ", "-"))
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def lookup(kind, name, steps, seconds):
    listener, place = start(kind, name, steps)
    path = write_settings(kind, name, settings_of(kind, name, place))
    # What has to end by a limit of bytes may take its time.
    streams = name in STREAMS.get(kind, {})
    began = time.monotonic()
    with subprocess.Popen(
            [POSTMAP, "-q", "a", "%s:%s" % (TYPES.get(kind, kind), path)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        timer = threading.Timer(900 if streams else seconds + 30, process.kill)
        timer.start()
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    listener.close()
    took = time.monotonic() - began
    if process.returncode != 1 or path.encode() not in said:
        return "%s: %d %r" % (name, process.returncode, said[:300])
    if took > seconds and not streams:
        return "%s: after %d s" % (name, took)
    if streams and TOO_MUCH[kind] not in said:
        return "%s: %r" % (name, said[:300])
    # It begins as a copy of this program.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if not CHECKED and usage.ru_maxrss > max(MEMORY_KB, own):
        return "%s: %d kB" % (name, usage.ru_maxrss)
    return None


# Those that are asked after a server that says nothing.
SECOND = {
    "ldap": (SETTINGS["ldap"].replace(
        "ldap:", "ldaps://127.0.0.1:%s ldap:").replace("%d", "%s"), "tcp",
        [b"", ldap_found(1) + b"\x30\x0c\2\1\1\x65\7\n\1\0\4\0\4\0"]),
    "mysql": ("hosts = unix:%s inet:127.0.0.1:%s\n" + SQL, "unix",
              [MYSQL_HELLO, MYSQL_OK, MYSQL_SET + mysql_packet(4, b"\1y") +
               mysql_packet(5, b"\xfe\0\0\2\0")]),
    "pgsql": ("hosts = unix:%s postgresql://127.0.0.1:%s/d?sslmode=disable\n" +
              SQL, "unix",
              [b"", PGSQL_READY, PGSQL_SET, PGSQL_COLUMN +
               pgsql(b"D", b"\0\1\0\0\0\1y") + pgsql(b"C", b"SELECT\0") +
               pgsql(b"Z", b"I")]),
}


def second(kind):
    name = "second server"
    text, family, steps = SECOND[kind]
    silent, first = start("%s-%s" % (kind, family), name, [HANG])
    good, port = start(kind, name, steps)
    path = write_settings(kind, name, text % (first, port))
    try:
        done = subprocess.run([POSTMAP, "-q", "a", "%s:%s" % (kind, path)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return name + ": hangs"
    silent.close()
    good.close()
    if done.returncode != 0 or done.stdout.splitlines()[-1:] != [b"y"]:
        return "%s: %d %r" % (name, done.returncode, done.stdout[:300])
    return None


def cases_of(kind):
    if os.environ.get("SLOW"):
        return SLOW_OWN.get(kind, {})
    cases = SLOW | ANY | OWN.get(kind, {}) | STREAMS.get(kind, {})
    if os.environ.get("VALGRIND"):  # which marks each byte of 2 GB
        cases = {n: c for n, c in cases.items() if not n.startswith("huge")}
    return cases


def main():
    failed = 0
    seconds = 120 if os.environ.get("SLOW") else SECONDS
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        found = {kind: [pool.submit(lookup, kind, name, steps, seconds)
                        for name, steps in cases_of(kind).items()]
                 for kind in sys.argv[3:]}
        for kind in set(found) & set(SECOND):
            if not os.environ.get("SLOW"):
                found[kind].append(pool.submit(second, kind))
        for kind, results in found.items():
            wrong = [r.result() for r in results if r.result()]
            failed += bool(wrong)
            print("%s %s (%d)%s" % ("FAIL" if wrong else "ok", kind,
                                    len(results), ": " + "; ".join(wrong)
                                    if wrong else ""), flush=True)
    return failed != 0


sys.exit(main())
