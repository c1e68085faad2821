# SPDX-License-Identifier: ISC
#
# mongod.py - as much of a MongoDB server as a lookup needs, on the port given:
# the handshake, and "find" with filters of equal values and $or. For systems
# that have MongoDB's client library and not its server.
import socketserver
import struct
import sys

PEOPLE = [
    {"_id": 1, "k": "two", "v": "2"},
    {"_id": 2, "k": "joe@example.com", "v": ["joe1", "joe2@x.org"]},
    {"_id": 3, "k": "numbers", "v": [7, 1 << 40]},
    {"_id": 4, "k": 'qu"ote', "v": "quote"},
    {"_id": 5, "k": "back\\slash", "v": "backslash"},
    {"_id": 6, "k": "odd", "v": 1.5, "w": "right"},
    {"_id": 7, "k": "both", "v": "one", "w": "other"},
    {"_id": 8, "k": "many", "v": "a"},
    {"_id": 9, "k": "many", "v": "b"},
    {"_id": 10, "k": "gr\u00fc\u00dfe", "v": "\u00fc"},
]


def encode(document):
    out = b""
    for name, value in document.items():
        key = name.encode() + b"\0"
        if isinstance(value, bool):
            out += b"\x08" + key + bytes([value])
        elif isinstance(value, float):
            out += b"\x01" + key + struct.pack("<d", value)
        elif isinstance(value, int) and abs(value) < 1 << 31:
            out += b"\x10" + key + struct.pack("<i", value)
        elif isinstance(value, int):
            out += b"\x12" + key + struct.pack("<q", value)
        elif isinstance(value, str):
            text = value.encode() + b"\0"
            out += b"\x02" + key + struct.pack("<i", len(text)) + text
        elif isinstance(value, list):
            items = {str(i): item for i, item in enumerate(value)}
            out += b"\x04" + key + encode(items)
        else:
            out += b"\x03" + key + encode(value)
    return struct.pack("<i", len(out) + 5) + out + b"\0"


def decode(data, at=0):
    end = at + struct.unpack_from("<i", data, at)[0] - 1
    at += 4
    document = {}
    while at < end:
        kind = data[at]
        stop = data.index(0, at + 1)
        name = data[at + 1:stop].decode()
        at = stop + 1
        if kind == 0x02:
            length = struct.unpack_from("<i", data, at)[0]
            value = data[at + 4:at + 3 + length].decode()
            at += 4 + length
        elif kind in (0x03, 0x04):
            value = decode(data, at)
            at += struct.unpack_from("<i", data, at)[0]
            if kind == 0x04:
                value = list(value.values())
        elif kind == 0x05:
            length = struct.unpack_from("<i", data, at)[0]
            value, at = None, at + 5 + length
        else:
            size, form = {0x01: (8, "<d"), 0x08: (1, "<?"), 0x10: (4, "<i"),
                          0x12: (8, "<q"), 0x11: (8, "<q"), 0x07: (12, None),
                          0x0a: (0, None)}[kind]
            value = struct.unpack_from(form, data, at)[0] if form else None
            at += size
        document[name] = value
    return document


def matches(person, wanted):
    for name, value in wanted.items():
        if name == "$or":
            if not any(matches(person, choice) for choice in value):
                return False
        elif isinstance(value, dict):
            return "$ne" in value and person.get(name) != value["$ne"]
        elif person.get(name) != value:
            return False
    return True


def never_ends(batch):
    return {"cursor": {batch: [{"v": "x" * 1000}] * 1000, "id": 1 << 40,
                       "ns": "mail.t"}, "ok": 1.0}


def find(command):
    if command["find"] == "broken":
        return {"ok": 0.0, "errmsg": "the collection is broken", "code": 8}
    if command["filter"].get("k") == "never ends":
        return never_ends("firstBatch")
    projection = command.get("projection", {})
    shown = [{name: value for name, value in person.items()
              if projection.get(name, name == "_id")}
             for person in PEOPLE if matches(person, command["filter"])]
    return {"cursor": {"firstBatch": shown, "id": 0, "ns": "mail.t"},
            "ok": 1.0}


def answer(command):
    if "find" in command:
        return find(command)
    if "getMore" in command:
        return never_ends("nextBatch")
    return {"ismaster": True, "isWritablePrimary": True, "helloOk": True,
            "maxBsonObjectSize": 16777216, "maxMessageSizeBytes": 48000000,
            "maxWriteBatchSize": 1000, "minWireVersion": 0,
            "maxWireVersion": 13, "readOnly": False, "ok": 1.0}


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            head = self.rfile.read(16)
            if len(head) < 16:
                return
            size, request, _, opcode = struct.unpack("<iiii", head)
            body = self.rfile.read(size - 16)
            if opcode == 2004:  # OP_QUERY
                command = decode(body, body.index(0, 4) + 9)
                reply = struct.pack("<iqii", 8, 0, 0, 1)
                reply += encode(answer(command))
                code = 1
            else:  # OP_MSG
                reply = struct.pack("<I", 0) + b"\0"
                reply += encode(answer(decode(body, 5)))
                code = 2013
            self.wfile.write(struct.pack("<iiii", len(reply) + 16, 1, request,
                                         code) + reply)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Session).serve_forever()
