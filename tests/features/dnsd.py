# SPDX-License-Identifier: ISC
"""dnsd.py - a name server with zones of the tests' own.

It answers from the file "zones": lines "name type data". Beside real types a
line may say "name FAIL type", "name SILENT type" or "name GARBAGE type": such
a question gets SERVFAIL, no answer, or bytes that are no DNS message.
"""
import ipaddress
import socket
import struct
import threading

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15,
         "TXT": 16, "AAAA": 28, "SRV": 33}
ODD = ("FAIL", "SILENT", "GARBAGE")


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


def question(packet):
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin1"))
        at += 1 + packet[at]
    number = struct.unpack("!H", packet[at + 1:at + 3])[0]
    kind = {v: k for k, v in TYPES.items()}.get(number, str(number))
    return ".".join(labels).lower(), kind, packet[12:at + 5]


def reply(zones, packet):
    name, kind, asked = question(packet)
    odd = zones.odd.get((name, kind))
    if odd == "SILENT":
        return None
    if odd == "GARBAGE":
        return packet[:2] + b"\x81\x80" + b"\xff" * 9
    if odd == "FAIL":
        return packet[:2] + struct.pack("!HHHHH", 0x8182, 1, 0, 0, 0) + asked
    found, exists = zones.answers(name, kind)
    flags = 0x8580 if found or exists else 0x8583
    head = struct.pack("!HHHHH", flags, 1, len(found), 0, 0)
    body = b""
    for owner, what, data in found:
        data = wire_data(what, data)
        body += wire_name(owner) + struct.pack("!HHIH", TYPES[what], 1, 60,
                                               len(data)) + data
    return packet[:2] + head + asked + body


def serve(path, address="127.0.0.1"):
    zones = Zones(path)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))

    def run():
        while True:
            packet, peer = server.recvfrom(4096)
            answer = reply(zones, packet)
            if answer is not None:
                server.sendto(answer, peer)

    threading.Thread(target=run, daemon=True).start()
    return zones
