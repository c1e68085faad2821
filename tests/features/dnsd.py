# SPDX-License-Identifier: ISC
"""dnsd.py - a name service with zones of the tests' own.

The file "zones" has lines "name type data". NSD serves them; what stands in
front of it passes questions on, but answers some of them badly itself: a line
"name FAIL type", "name SILENT type" or "name GARBAGE type" gets such a question
SERVFAIL, no answer, or bytes that are no DNS message. Without NSD, all answers
are made here.
"""
import ipaddress
import os
import shutil
import socket
import struct
import subprocess
import threading
import time

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15,
         "TXT": 16, "AAAA": 28, "SRV": 33}
ODD = ("FAIL", "SILENT", "GARBAGE")
NSD = ("127.0.0.1", 5353)
SILENT_SERVER, GARBAGE_SERVER, NO_SERVER = ("127.0.0.%d" % i
                                            for i in (2, 3, 4))


def wire_name(name):
    labels = [l for l in name.rstrip(".").split(".") if l]
    return b"".join(bytes([len(l)]) + l.encode() for l in labels) + b"\0"


def wire_data(kind, data):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(data).packed
    if kind == "MX":
        preference, host = data.split()
        return struct.pack("!H", int(preference)) + wire_name(host)
    if kind == "SRV":
        a, b, c, host = data.split()
        return struct.pack("!HHH", int(a), int(b), int(c)) + wire_name(host)
    if kind == "TXT":
        return bytes([len(data)]) + data.encode()
    return wire_name(data)


class Zones:
    def __init__(self, path):
        self.records, self.odd, self.names = {}, {}, set()
        with open(path) as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    self.add(*line.strip().split(None, 2))

    def add(self, name, kind, data):
        name = name.lower().rstrip(".")
        if kind in ODD:
            self.odd[name, data] = kind
        else:
            self.records.setdefault((name, kind), []).append(data)
        self.names.add(name)

    def answers(self, name, kind):
        """The records for a name, after aliases: (owner, type, data)."""
        found = []
        for _ in range(8):
            alias = self.records.get((name, "CNAME"))
            if alias is None or kind == "CNAME":
                break
            found.append((name, "CNAME", alias[0]))
            name = alias[0].lower().rstrip(".")
        found += [(name, kind, d) for d in self.records.get((name, kind), [])]
        return found, name in self.names

    def files(self):
        """As master files: the root's, and one for each name with NS."""
        cuts = sorted({n for n, kind in self.records if kind == "NS"},
                      key=len, reverse=True)
        texts = {c: soa(c) for c in cuts + [""]}
        for (name, kind), records in sorted(self.records.items()):
            zone = next((c for c in cuts
                         if name == c or name.endswith("." + c)), "")
            for data in records:
                line = "%s. %s %s\n" % (name, kind, master_data(kind, data))
                texts[zone] += line
                if kind == "NS":  # the delegation
                    texts[""] += line
        return texts


def soa(zone):
    text = "$TTL 60\n%s. SOA ns.test. host.test. 1 60 60 600 60\n" % zone
    return text if zone else text + ". NS ns.test.\n"


def master_data(kind, data):
    if kind == "TXT":
        return '"%s"' % data
    if kind in ("A", "AAAA"):
        return data
    return data if data.endswith(".") else data + "."


def question(packet):
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin1"))
        at += 1 + packet[at]
    number = struct.unpack("!H", packet[at + 1:at + 3])[0]
    kind = {v: k for k, v in TYPES.items()}.get(number, str(number))
    return ".".join(labels).lower(), kind, packet[12:at + 5]


def garbage(packet):
    return packet[:2] + b"\x81\x80" + b"\xff" * 9


def own_reply(zones, packet):
    name, kind, asked = question(packet)
    found, exists = zones.answers(name, kind)
    flags = 0x8580 if found or exists else 0x8583
    head = struct.pack("!HHHHH", flags, 1, len(found), 0, 0)
    body = b""
    for owner, what, data in found:
        data = wire_data(what, data)
        body += wire_name(owner) + struct.pack("!HHIH", TYPES[what], 1, 60,
                                               len(data)) + data
    return packet[:2] + head + asked + body


def ask_nsd(packet):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.connect(NSD)
        s.send(packet)
        return s.recv(65535)


def reply(zones, packet, ask):
    name, kind, asked = question(packet)
    odd = zones.odd.get((name, kind))
    if odd == "SILENT":
        return None
    if odd == "GARBAGE":
        return garbage(packet)
    if odd == "FAIL":
        return packet[:2] + struct.pack("!HHHHH", 0x8182, 1, 0, 0, 0) + asked
    return ask(packet)


def start_nsd(zones, folder):
    """False: it is not installed."""
    program = shutil.which("nsd", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        return False
    os.makedirs(folder)
    conf = ("server:\n  ip-address: %s@%d\n  zonesdir: \"%s\"\n"
            "  pidfile: \"%s/pid\"\n  zonelistfile: \"%s/list\"\n"
            "  xfrdfile: \"%s/xfrd\"\n  xfrdir: \"%s\"\n  database: \"\"\n"
            "  username: \"\"\n  server-count: 1\n  logfile: \"%s/log\"\n"
            "remote-control:\n  control-enable: no\n"
            % (NSD + (folder,) * 6))
    for i, (zone, text) in enumerate(zones.files().items()):
        with open("%s/%d" % (folder, i), "w") as file:
            file.write(text)
        conf += "zone:\n  name: \"%s.\"\n  zonefile: \"%d\"\n" % (zone, i)
    with open(folder + "/conf", "w") as file:
        file.write(conf)
    subprocess.Popen([program, "-d", "-c", folder + "/conf"],
                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL)
    await_nsd(folder)
    return True


def await_nsd(folder):
    packet = struct.pack("!HHHHHH", 1, 0, 1, 0, 0, 0) + b"\0\0\6\0\1"
    for _ in range(300):
        try:
            if ask_nsd(packet)[3] & 15 == 0:
                return
        except OSError:
            pass
        time.sleep(0.1)
    with open(folder + "/log") as file:
        raise AssertionError("nsd does not answer: " + file.read())


def udp_server(address, answer):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))

    def serve_one(packet, peer):
        said = answer(packet)
        if said is not None:
            server.sendto(said, peer)

    def run():
        while True:
            packet, peer = server.recvfrom(4096)
            threading.Thread(target=serve_one, args=(packet, peer),
                             daemon=True).start()

    threading.Thread(target=run, daemon=True).start()


def serve(path, address="127.0.0.1", folder=None):
    """The zones on <address>; and whole servers that are silent, or send
    garbage, on addresses of their own."""
    zones = Zones(path)
    nsd = folder is not None and start_nsd(zones, folder)
    ask = ask_nsd if nsd else lambda packet: own_reply(zones, packet)
    udp_server(address, lambda packet: reply(zones, packet, ask))
    udp_server(SILENT_SERVER, lambda packet: None)
    udp_server(GARBAGE_SERVER, garbage)
    return zones
