#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What a power cut leaves: see powercut.test.

    load INST PORT REMOTE        send mail and receive it, and write down which
                                 was acknowledged and which arrived
    states INST TRACE OUT COUNT  from a trace of the system calls, think up what
                                 may be on disk after a cut at any moment; look
                                 at each, and keep COUNT of them in OUT
    sharp INST TRACE FOLDER...   would a sync that is not made be found out, if
                                 all below such a folder were not made?
    lay INST STATE               make the queue and the mailboxes so
    receive INST REMOTE          receive on, after the cut
    verify INST STATE            is everything acknowledged there, and nothing
                                 by halves?

A cut is a moment T in the trace. Of what the programs did before, there is on
disk afterwards, by the rules of journalling file systems:
  - of names and modes, all up to some moment C, and of what was done between C
    and T that which was synced. For ext4 and XFS, a sync brings along all
    earlier names, so that C is not before the last sync; for btrfs a file's
    sync brings along that file's names alone, and a folder's sync its own.
  - of contents, what was synced; of the rest nothing, or half, or all, or
    zeros of the right length; of each file the same, or of each another. What
    sync_file_range has written is there as soon as a younger name is: the size
    of the file is an older part of the journal. Programs use it on ext4 and XFS
    only.
    Where a file's sync brings no name along, all names are in order, too, but C
    is not before the last sync of a folder: what loses them one by one loses
    those that are moved from folder to folder.
  - of folders that were made, those whose names are of before C; but where the
    sync of a file does not bring its name along (programs know by the kind of
    the file system), only those around which the folder was synced since. What
    is in one that is not there is lost.
What a sync brings along is what was there when it began. A file that is opened
without a name (O_TMPFILE) has one when it is linked.
"""
import bisect
import collections
import functools
import json
import os
import random
import re
import socketserver
import smtplib
import stat
import subprocess
import sys
import threading
import time
import zlib

MESSAGES = 54
# What becomes of a message to a list; all of it, or the list is in the queue.
MEMBERS = {"list@local.test": ["file@local.test", "member@remote.test"],
           "include@local.test": ["folder@box.test", "member@remote.test", "refused@remote.test"],
           "daemon@local.test": ["folder@box.test", "member@remote.test"],
           "redirected@remote.test": ["folder@box.test"]}
# Who gets a copy, of which the queue file knows when it is acknowledged: by
# recipient, by sender, and of everything.
COPIES = {"copied@remote.test": ["mbox@box.test"]}
SENDER, OTHER_SENDER = "sender@box.test", "other@box.test"
SENDER_COPY = "mbox@box.test"
ARCHIVE = "archive@box.test"
QUEUES = ("incoming", "active", "deferred", "hold", "maildrop")
BOXES = {"/vmail/mbox": "mbox@box.test", "/vmail/archive": ARCHIVE,
         "/vmail/file": "file@local.test",
         "/mail/" + os.environ.get("POWERCUT_USER", "nobody"): "local@local.test"}
MARK = re.compile(rb"end-(token-[0-9]+-)")
SUBJECT = re.compile(rb"Subject: (token-[0-9]+-)")
SUCCESS = b"Successful Mail Delivery Report"
FAILURE = b"Undelivered Mail Returned to Sender"
DELAY = b"Delayed Mail"
REC_WARN = b"W"    # a queue file's record: when to warn, or -1
# The last line of what is in a maildir: of a message, or of a report.
END = re.compile(rb"(end-token-[0-9]+-|--)\r?\n*\Z")


# ---- The load ----

class Events:
    """Lines of a file that the trace shows being written."""

    def __init__(self, inst):
        self.fd = os.open(inst + "/events", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def put(self, *words):
        os.write(self.fd, (" ".join(words) + "\n").encode())


later = set()    # tokens that were sent away once


class Receiver(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 receiver.test ESMTP")
        to = []
        for line in iter(self.rfile.readline, b""):
            verb = line[:4].upper()
            if verb == b"RCPT":
                name = line[line.index(b"<") + 1:line.index(b">")].decode()
                if name.startswith("refused"):
                    self.say("550 5.1.1 no such user")
                    continue
                to.append(name)
            if verb == b"DATA":
                self.say("354 go on")
                text = b""
                for part in iter(self.rfile.readline, b".\r\n"):
                    text += part
                    if not part:
                        return
                token = re.search(rb"Subject: (token-[0-9]+-)", text)
                whole = MARK.search(text)
                if any(name.startswith("later") for name in to) and token[1] not in later:
                    later.add(token[1])
                    self.say("451 4.3.0 come again")
                    continue
                for name in to:
                    self.server.events.put("got" if whole else "half",
                                           token[1].decode(), name)
                to = []
                self.say("250 2.0.0 taken")
            elif verb == b"QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 ok")


def receive(inst, remote):
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
    server = Server(("127.0.0.1", int(remote)), Receiver)
    server.events = Events(inst)
    return server


def sender_of(to):
    return OTHER_SENDER if to[0].startswith("bysender") else SENDER


def message(number, to):
    token = "token-%d-" % number
    body = "some text in a line\r\n" * (1000 if number % 5 == 0 else 20)
    return token, ("From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n\r\n%send-%s\r\n"
                   % (sender_of(to), to[0], token, body, token))


def recipients(number):
    return [["local@local.test"], ["folder@box.test"], ["away@remote.test"],
            ["refused@remote.test"], ["slow@dead.test", "local@local.test"],
            ["folder@box.test", "away@remote.test", "refused@remote.test",
             "local@local.test"],
            ["mbox@box.test"], ["list@local.test", "command@local.test"],
            ["held@remote.test"], ["requeued@remote.test", "mbox@box.test"],
            ["later@remote.test"], ["piped@pipe.test", "refused@error.test"],
            ["filtered@local.test"], ["redirected@remote.test"], ["byheader@remote.test"],
            ["discarded@remote.test"], ["copied@remote.test"], ["told@remote.test"],
            ["include@local.test"], ["daemon@local.test"], ["refused@remote.test"],
            ["bysender@remote.test"], ["slow@dead.test"],
            ["toldslow@dead.test", "told@remote.test"]][number % 24]


def options(number):
    """Which reports sendmail asks for, in the kinds of messages that it posts."""
    return {17: ["-N", "success"], 20: ["-N", "failure", "-R", "hdrs"],
            23: ["-N", "delay,success", "-R", "hdrs", "-V", "envelope"]}.get(number % 24, [])


def promise(to):
    """For whom it was taken: what is discarded is for nobody."""
    if to[0].startswith("discarded"):
        return []
    if to[0].startswith("redirected"):
        return to
    return to + [copy for name in to for copy in COPIES.get(name, [])] + [ARCHIVE] + (
        [SENDER_COPY] if sender_of(to) == OTHER_SENDER else [])


def send_chunks(server, text):
    """By BDAT, in two pieces."""
    data = text.encode()
    server.putcmd("BDAT %d" % (len(data) // 2))
    server.send(data[:len(data) // 2])
    server.getreply()
    server.putcmd("BDAT %d LAST" % (len(data) - len(data) // 2))
    server.send(data[len(data) // 2:])
    return server.getreply()


def act_on(events, inst, token, queue_id, to):
    """Some are held, by header_checks, and then released or posted again."""
    for name, option in (("held", "-H"), ("requeued", "-r")):
        if any(one.startswith(name) for one in to):
            events.put("act", token)
            subprocess.run([inst + "/bin/postsuper", option, queue_id, "hold"], check=True,
                           stderr=subprocess.DEVNULL)


def send_some(events, inst, port, numbers):
    for number in numbers:
        to = recipients(number)
        token, text = message(number, to)
        is_held = to[0].startswith(("held", "requeued"))
        if number % 3 == 2 and not is_held:
            command = [inst + "/bin/sendmail", "-i", "-f", sender_of(to), *options(number)]
            command += ["-t"] if to[0].startswith("byheader") else to
            done = subprocess.run(command, input=text.replace("\r\n", "\n").encode(), check=False)
            if done.returncode == 0:
                events.put("ack", token, "-", *promise(to))
            continue
        with smtplib.SMTP("127.0.0.1", port, timeout=180) as server:
            server.ehlo()
            server.mail(sender_of(to))
            for name in to:
                server.rcpt(name)
            code, reply = send_chunks(server, text) if number % 4 == 1 else server.data(text)
            if code == 250:
                queue_id = reply.split()[-1].decode()
                events.put("ack", token, queue_id, *promise(to))
                act_on(events, inst, token, queue_id, to)


def is_posted(inst):
    """Is there something for pickup?"""
    for one in os.scandir(inst + "/spool/maildrop"):
        try:
            if one.stat().st_mode & 0o100:
                return True
        except FileNotFoundError:
            pass
    return False


def all_rest(inst):
    """Nothing is on its way: what is queued waits for the dead host. What a cut
    left on hold is released, and what waits for its time is tried."""
    out = subprocess.run([inst + "/bin/postqueue", "-j"], capture_output=True, check=False).stdout
    queued = [json.loads(line) for line in out.splitlines()]
    held = [one["queue_id"] for one in queued if one["queue_name"] == "hold"]
    if held:
        subprocess.run([inst + "/bin/postsuper", "-H", "-"], check=False,
                       input="\n".join(held).encode(), stderr=subprocess.DEVNULL)
    if all(one["queue_name"] == "deferred" and
           all(name["address"].endswith("@dead.test") for name in one["recipients"])
           for one in queued) and not is_posted(inst):
        return True
    subprocess.run([inst + "/bin/postqueue", "-f"], check=False)
    return False


def await_rest(inst):
    """Asked twice: a message on its way from one folder to the next, while they
    are read, can be missed, but not in each."""
    for _ in range(360):
        if all_rest(inst) and all_rest(inst):
            return True
        time.sleep(0.5)
    return False


def load(inst, port, remote):
    events = Events(inst)
    server = receive(inst, remote)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    workers = [threading.Thread(target=send_some,
                                args=(events, inst, int(port), range(i, MESSAGES, 4)))
               for i in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    await_rest(inst)
    with open(inst + "/loaded", "w", encoding="utf8"):
        server.shutdown()


# ---- The trace ----

def carries_names(folder):
    """As base/file_order.c has it: ext4, XFS, btrfs."""
    kind = subprocess.run(["stat", "-f", "-c", "%t", folder], check=True, capture_output=True)
    return kind.stdout.strip() in (b"ef53", b"58465342", b"9123683e")


class Inode:
    def __init__(self, data=b"", mode=0o600):
        self.first_mode = mode
        self.contents = [(-1, data)]   # (index, all of it)
        self.synced = [(-1, 0)] if data else []    # (index of its end, of its start)
        self.written = []              # by sync_file_range
        self.modes = [(-1, mode)]

    def now(self):
        return self.contents[-1][1]

    def at(self, index):
        """The content after everything before <index>."""
        before = bisect.bisect_left(self.contents, index, key=lambda one: one[0])
        return self.contents[max(before - 1, 0)][1]

    def mode_at(self, index):
        found = self.first_mode
        for when, mode in self.modes:
            if when < index:
                found = mode
        return found


STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\.\.\.)?')
FD = re.compile(r'^(-?\d+)<([^>]*)>(\(deleted\))?')


def unquote(text):
    return text.encode("latin1").decode("unicode_escape").encode("latin1")


@functools.lru_cache
def calls(path):
    """(started, ended, pid, name, arguments, result) in the order of their ends."""
    return list(read_calls(path))


def read_calls(path):
    pending = {}
    with open(path, encoding="latin1") as lines:
        for number, line in enumerate(lines):
            pid, _, rest = line.rstrip("\n").partition(" ")
            rest = rest.lstrip()
            if rest.startswith("<... "):
                start, before = pending.pop(pid, (None, None))
                if start is None:
                    continue
                rest = before + rest[rest.index(" resumed>") + 9:]
            elif rest.endswith("<unfinished ...>"):
                pending[pid] = (number, rest[:-len("<unfinished ...>")].rstrip())
                continue
            else:
                start = number
            match = re.match(r"(\w+)\((.*)\)\s+= (.*)$", rest, re.S)
            if match:
                yield start, number, pid, match[1], match[2], match[3]


class Story:
    """The trace as operations on names and contents below the instance."""

    def __init__(self, inst, trace, unsynced=None):
        self.inst = inst
        self.unsynced = unsynced    # syncs of such files are left out
        self.carries = carries_names(inst)
        self.made = {}          # path of a folder: index
        self.roots = (inst + "/spool/", inst + "/mail/", inst + "/vmail/")
        self.tree = {}          # path: inode
        self.unnamed = {}       # what strace calls it: inode
        self.descriptors = {}   # (pid, fd): inode without a name
        self.trees = []         # (index, tree): after each change of names
        self.syncs = []         # (index, start, inode or None, folder or None, tree at start)
        self.acks = {}          # queue ID: index
        self.events = []        # (index, words)
        self.offsets = {}       # (pid, fd): position
        self.end = 0
        self.take_snapshot(inst + "/before")
        for started, index, pid, name, args, result in calls(trace):
            self.end = index + 1
            if not result.startswith("-1") and result != "?":
                self.take(started, index, pid, name, args, result)

        self.names = collections.defaultdict(set)   # of an inode, or in a folder, ever
        for _, tree in self.trees:
            for path, inode in tree.items():
                self.names[inode].add(path)
                self.names[os.path.dirname(path)].add(path)

    def take_snapshot(self, folder):
        for top, _, files in os.walk(folder):
            for one in files:
                path = os.path.join(top, one)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    with open(path, "rb") as file:
                        self.tree[self.inst + path[len(folder):]] = Inode(
                            file.read(), stat.S_IMODE(os.lstat(path).st_mode))
        self.trees.append((-1, dict(self.tree)))

    def changed(self, index):
        self.trees.append((index, dict(self.tree)))

    def path(self, text):
        path = unquote(text).decode()
        if not path.startswith("/"):
            path = self.inst + "/spool/" + path
        path = os.path.normpath(path)
        return path if path.startswith(self.roots) else None

    def inode(self, args):
        match = FD.match(args)
        if not match or not match[2].startswith(self.roots):
            return None, None
        if match[2] in self.unnamed:
            return match[1], self.unnamed[match[2]]
        return (None, None) if match[3] else (match[1], self.tree.get(match[2]))

    def take(self, started, index, pid, name, args, result):
        strings = [s[1] for s in STRING.finditer(args)]
        if name == "openat":
            self.take_open(index, pid, strings[0], args, result)
        elif name in ("rename", "renameat", "renameat2", "link", "linkat"):
            old, new = self.path(strings[0]), self.path(strings[1])
            if strings[0].startswith("/proc/self/fd/") and new:
                self.tree[new] = self.descriptors[pid, strings[0].split("/")[-1]]
                self.changed(index)
            elif old in self.tree and new:
                self.tree[new] = self.tree[old]
                if name.startswith("rename"):
                    del self.tree[old]
                self.changed(index)
        elif name in ("mkdir", "mkdirat"):
            if self.path(strings[0]):
                self.made[self.path(strings[0])] = index
        elif name in ("unlink", "unlinkat"):
            if self.tree.pop(self.path(strings[0]), None):
                self.changed(index)
        elif name in ("write", "pwrite64"):
            self.take_write(started, index, pid, name, args, strings)
        elif name == "sendto":
            self.take_reply(started, strings)
        elif name in ("fsync", "fdatasync"):
            self.take_sync(started, index, args)
        elif name == "sync_file_range":
            _, inode = self.inode(args)
            if inode and not self.is_left_out(FD.match(args)[2]):
                inode.written.append(index)
        elif name == "ftruncate":
            _, inode = self.inode(args)
            if inode:
                length = int(args.rsplit(",", 1)[1])
                inode.contents.append((index, inode.now()[:length].ljust(length, b"\0")))
        elif name == "fchmod":
            _, inode = self.inode(args)
            if inode:
                inode.modes.append((index, int(args.rsplit(",", 1)[1], 8)))
        elif name == "lseek":
            fd, inode = self.inode(args)
            if inode:
                self.offsets[pid, fd] = int(result.split()[0])
        elif name in ("writev", "pwritev", "sendfile", "copy_file_range", "splice"):
            if self.inode(args)[1]:
                raise SystemExit("a call that this test cannot follow: " + name)

    def take_open(self, index, pid, text, args, result):
        path = self.path(text)
        fd = FD.match(result)
        if not path or not fd or "O_DIRECTORY" in args:
            return
        self.offsets[pid, fd[1]] = None if "O_APPEND" in args else 0
        if "O_TMPFILE" in args:
            inode = Inode(mode=int(args.rsplit(",", 1)[1], 8) & ~0o022)
            self.unnamed[fd[2]] = self.descriptors[pid, fd[1]] = inode
        elif "O_CREAT" in args and path not in self.tree:
            self.tree[path] = Inode(mode=int(args.rsplit(",", 1)[1], 8) & ~0o022)
            self.changed(index)
        elif "O_TRUNC" in args and path in self.tree:
            self.tree[path].contents.append((index, b""))

    def take_write(self, started, index, pid, name, args, strings):
        fd, inode = self.inode(args)
        if inode:
            data = unquote(strings[0])
            old = inode.now()
            if name == "pwrite64":
                at = int(args.rsplit(",", 1)[1])
            else:
                at = self.offsets.get((pid, fd))
                at = len(old) if at is None else at
                if self.offsets.get((pid, fd)) is not None:
                    self.offsets[pid, fd] = at + len(data)
            new = old[:at].ljust(at, b"\0") + data + old[at + len(data):]
            inode.contents.append((index, new))
        elif FD.match(args) and FD.match(args)[2] == self.inst + "/events":
            for line in unquote(strings[0]).decode().splitlines():
                self.events.append((index, line.split()))
        else:
            self.take_reply(started, strings)

    def take_reply(self, started, strings):
        for text in strings:
            for queue_id in re.findall(r"250 2\.0\.0 Ok: (?:\d+ bytes )?queued as (\w+)", text):
                self.acks.setdefault(queue_id, started)

    def is_left_out(self, path):
        return self.unsynced is not None and re.search(self.unsynced, path + "/")

    def take_sync(self, started, index, args):
        match = FD.match(args)
        if not match or not (match[2] + "/").startswith(self.roots):
            return
        if self.is_left_out(match[2]):
            return
        inode = self.inode(args)[1]
        then = tree_at(self, started)
        if inode:
            inode.synced.append((index, started))
            self.syncs.append((index, started, inode, None, then))
        else:
            self.syncs.append((index, started, None, match[2], then))


# ---- What may be there after a cut ----

def tree_at(story, index):
    before = bisect.bisect_left(story.trees, index, key=lambda one: one[0])
    return story.trees[max(before - 1, 0)][1]


HOWS = ("none", "half", "all", "zeros")


def committed(story, cut, names_until, journal=True):
    """The moment up to which there is all that went through the journal: by the
    sync of anything, or, where files are synced one by one or bring no name
    along, of a folder."""
    return max([names_until] + [s[1] for s in story.syncs
                                if s[0] < cut and (journal or s[3])])


def names_after(story, cut, names_until, journal):
    """The names there are; <journal>: a sync brings along all earlier ones."""
    if journal:
        return dict(tree_at(story, committed(story, cut, names_until, story.carries)))
    tree = dict(tree_at(story, names_until))
    for index, started, inode, folder, then in story.syncs:
        if names_until <= started and index < cut:
            for path in story.names[inode or folder]:
                now = tree.get(path)
                if folder or now is inode or then.get(path) is inode:
                    if path in then and (folder or then[path] is inode):
                        tree[path] = then[path]
                    elif now:
                        del tree[path]
    return tree


def content_after(inode, cut, commit, how, path):
    sure_at = [start for end, start in inode.synced if end < cut] + [
        s for s in inode.written if s < commit]
    sure = inode.at(max(sure_at)) if sure_at else b""
    if how == "mixed":
        how = HOWS[zlib.crc32(("%s %d" % (path, cut)).encode()) % len(HOWS)]
    last = inode.at(cut)
    if how == "all" or last == sure:
        return last
    if how == "none":
        return sure
    if how == "zeros":
        return sure[:len(last)].ljust(len(last), b"\0")
    half = len(sure) + max(0, len(last) - len(sure)) // 2
    return (last[:half] if len(last) > len(sure) else sure)


def lost_folders(story, cut, names_until):
    """Those whose own names are not on the disk."""
    if story.carries:
        return ()
    synced = {(s[3], s[1]) for s in story.syncs if s[0] < cut and s[3]}
    return tuple(path + "/" for path, made in story.made.items()
                 if names_until <= made < cut and not any(
                     folder == os.path.dirname(path) and start > made
                     for folder, start in synced))


def state_after(story, cut, names_until, journal, how):
    files = {}
    commit = committed(story, cut, names_until, journal)
    lost = lost_folders(story, cut, names_until)
    for path, inode in names_after(story, cut, names_until, journal).items():
        if path.startswith(lost):
            continue
        synced = [start for end, start in inode.synced if end < cut]
        mode = inode.mode_at(max([names_until] + synced))
        files[path] = (mode, content_after(inode, cut, commit, how, path))
    return files


def cuts(story):
    """(cut, names_until, journal, how): each moment, by several rules."""
    dice = random.Random(1)
    moments = sorted({w for w, _ in story.trees if w >= 0} | {s[0] for s in story.syncs} |
                     set(story.acks.values()) |
                     {i for i, w in story.events if w[:1] + w[2:3] == ["ack", "-"]} | {story.end - 1})
    for moment in moments:
        cut = moment + 1
        for how in (*HOWS, "mixed"):
            yield cut, cut, True, how
            yield cut, 0, True, how
            yield cut, dice.randrange(cut + 1), True, how
            if story.carries:
                yield cut, 0, False, how
                yield cut, dice.randrange(cut + 1), False, how


# ---- Is it all there? ----

def records(data):
    """(type, text) of a queue file, as far as they can be read."""
    at = 0
    while at < len(data):
        kind, length, shift, at = data[at:at + 1], 0, 0, at + 1
        while True:
            if at >= len(data):
                return
            byte = data[at]
            at += 1
            length |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                break
        if at + length > len(data):
            return
        yield kind, data[at:at + length]
        at += length


@functools.lru_cache(maxsize=10000)
def tokens_in(data):
    return frozenset(t.decode() for t in MARK.findall(data))


@functools.lru_cache(maxsize=10000)
def reported(data, what=SUCCESS):
    """The message that this report is about, which may have its headers only."""
    return {t.decode() for t in SUBJECT.findall(data)} if what in data else set()


def copies(files, inst=""):
    """(token, recipient): how often it is in the mailboxes."""
    found = collections.Counter()
    for path, (_, data) in files.items():
        path = path[len(inst):]
        if path.startswith("/vmail/folder/new/"):
            found.update((t, "folder@box.test") for t in tokens_in(data))
        elif path in BOXES:
            found.update((t, BOXES[path]) for t in marks_in(data))
    return found


@functools.lru_cache(maxsize=10000)
def marks_in(data):
    """The ends of messages in a mailbox, as often as they are there."""
    return [t.decode() for t in MARK.findall(data)]


@functools.lru_cache(maxsize=10000)
def is_whole(data):
    return END.search(data[-64:]) is not None


@functools.lru_cache(maxsize=10000)
def warned(data):
    """Is the delay warning marked as sent in this queue file?"""
    return any(k == REC_WARN and t.strip() == b"-1" for k, t in records(data))


@functools.lru_cache(maxsize=10000)
def envelope_of(data):
    """The recipients of a queue file, and is its sender null?"""
    found = list(records(data))
    return (frozenset(t.decode() for k, t in found if k == b"R"),
            any(k == b"S" and t == b"" for k, t in found))


def promised(story, cut):
    """(token, recipient) of all that was acknowledged before the cut."""
    for index, words in story.events:
        if words[0] == "ack":
            when = index if words[2] == "-" else story.acks[words[2]]
            if when < cut:
                for name in words[3:]:
                    yield words[1], name


def arrived_before(story, cut):
    return {(w[1], w[2]) for i, w in story.events if w[0] == "got" and i < cut}


def is_there(there, bounced, token, name):
    return (token, name) in there or (name.startswith("refused") and token in bounced) or (
        name in MEMBERS and all(is_there(there, bounced, token, one) for one in MEMBERS[name]))


def escaped(story, files, cut):
    """Mail that was to be held and is on its way, though nobody released it."""
    waits = {t for t, n in promised(story, cut) if n.startswith(("held", "requeued"))} - {
        w[1] for i, w in story.events if w[0] == "act" and i < cut}
    found = []
    for path, (mode, data) in files.items():
        where = path[len(story.inst) + 1:].split("/")
        if where[0] == "spool" and where[1] in ("incoming", "active", "deferred") and mode & 0o100:
            found += [(t, "is not held") for t in tokens_in(data) & waits]
    return found


class Found:
    """What is in the mailboxes and the queue of a state."""

    def __init__(self, files, inst):
        self.pending, self.bounced, self.told = set(), set(), set()
        self.warned, self.marked = set(), set()     # of a delay: told, and said to be
        self.boxed, self.torn = set(copies(files, inst)), []
        self.sources = collections.Counter()    # files that will be delivered
        self.ids = {}
        for path, (mode, data) in files.items():
            self.take(path[len(inst) + 1:].split("/"), mode, data)
        for token, ids in self.ids.items():
            if ids & self.bounced:
                self.bounced.add(token)
            if ids & self.told:
                self.told.add(token)

    def take(self, where, mode, data):
        tokens = tokens_in(data)
        for token in tokens:
            self.ids.setdefault(token, set()).add(where[-1])
        if where[0] == "spool" and where[1] in QUEUES and mode & 0o100:
            self.take_queued(where[1], data, tokens)
        elif where[:2] == ["spool", "trace"] and b"recipient=told@" in data:
            self.told.add(where[-1])
        elif where[:2] == ["spool", "bounce"] and b"recipient=refused@" in data:
            self.bounced.add(where[-1])
        elif where[0] == "vmail" and where[-2] == "new":
            self.take_report(data)
            if not is_whole(data):
                self.torn.append("/".join(where))

    def take_queued(self, queue, data, tokens):
        names, is_notice = envelope_of(data)
        if queue == "maildrop" and names:
            names = names | {ARCHIVE, *([SENDER_COPY] if b"bysender@" in data else [])}
        if is_notice:
            self.take_report(data)
            return
        self.pending |= {(t, n) for t in tokens for n in names}
        self.sources.update((t, one) for t in tokens for n in names
                            for one in {n, *MEMBERS.get(n, MEMBERS["redirected@remote.test"]
                                                        if b"To: <redirected" in data else [])})
        if warned(data):
            self.marked |= tokens

    def take_report(self, data):
        self.bounced |= reported(data, FAILURE)
        self.told |= reported(data)
        self.warned |= reported(data, DELAY)


def look(story, files, cut):
    """What is missing of what was promised, and what a maildir has by halves."""
    found = Found(files, story.inst)
    there = found.pending | found.boxed | arrived_before(story, cut)
    names = list(promised(story, cut))
    return found.torn + escaped(story, files, cut) + [
        (t, "is not told of " + n) for t, n in names
        if n.startswith("told@") and (t, n) not in found.pending and t not in found.told] + [
        (t, "is not warned of " + n) for t, n in names
        if n.endswith("@dead.test") and t in found.marked - found.warned] + [
        (t, n) for t, n in names if not is_there(there, found.bounced, t, n)]


def sharp(inst, trace, *folders):
    """Each sync is needed, and this test would miss it."""
    for unsynced in folders:
        story = Story(inst, trace, unsynced)
        some = list(cuts(story))
        random.Random(1).shuffle(some)
        if not any(look(story, state_after(story, *one), one[0]) for one in some):
            raise SystemExit("without syncs of %s nothing would be missed" % unsynced)


def states(inst, trace, out, count):
    story = Story(inst, trace)
    seen, kept, wrong = set(), [], 0
    total = 0
    for cut, until, journal, how in cuts(story):
        files = state_after(story, cut, until, journal, how)
        total += 1
        mark = hash((frozenset(files.items()), len(list(promised(story, cut)))))
        if mark in seen:
            continue
        seen.add(mark)
        missing = look(story, files, cut)
        label = "cut %d, names until %d, %s, contents: %s" % (
            cut, until, "journal" if journal else "file by file", how)
        if missing:
            wrong += 1
            if wrong <= 5:
                print("missing or torn after %s: %s" % (label, missing))
        kept.append((label, cut, files))
    acks = [w for _, w in story.events if w[0] == "ack"]
    print("%d calls, %d messages acknowledged, %d cuts, %d different states, %d of them wrong"
          % (story.end, len(acks), total, len(kept), wrong))
    os.makedirs(out)
    step = max(1, len(kept) // max(1, count))
    for number, (label, cut, files) in enumerate(kept[step // 2::step][:count]):
        save(story, "%s/%d" % (out, number), label, cut, files)
    if wrong or len(acks) != MESSAGES or len(kept) < 100:
        raise SystemExit(1)


def save(story, folder, label, cut, files):
    os.makedirs(folder)
    with open(folder + "/state", "wb") as file:
        file.write(repr((label, sorted(promised(story, cut)),
                         [(w[1], w[2]) for i, w in story.events if w[0] == "got" and i < cut],
                         {p[len(story.inst):]: v for p, v in files.items()})).encode())


def restore(folder):
    with open(folder + "/state", "rb") as file:
        return eval(file.read())    # our own, of a moment ago


# ---- The real thing, once more ----

def owner_of(path, inst, mode=0o700):
    """Whoever owns the folder, but that what users posted is root's."""
    top = path.split("/")
    if top[1] == "spool" and top[2] == "maildrop" and mode & 0o004:
        return os.getuid(), os.stat(inst + "/spool/maildrop").st_gid
    if top[1] == "spool":
        info = os.stat(inst + "/spool/incoming")
    else:
        info = os.stat(inst + "/vmail")
    return info.st_uid, info.st_gid


def make_folder(path, like):
    if not os.path.isdir(path):
        make_folder(os.path.dirname(path), like)
        os.mkdir(path, 0o700)
        os.chown(path, *like)


def lay(inst, folder):
    _, _, arrived, files = restore(folder)
    for top in ("mail", "vmail", *("spool/" + q for q in QUEUES),
                "spool/bounce", "spool/defer", "spool/trace", "spool/corrupt"):
        for path, _, names in os.walk("%s/%s" % (inst, top)):
            for one in names:
                os.unlink(os.path.join(path, one))
    for path, (mode, data) in files.items():
        if path.split("/")[2] in ("pid", "public", "private") or path.endswith(".lock"):
            continue
        owner = owner_of(path, inst, mode)
        make_folder(os.path.dirname(inst + path), owner)
        with open(inst + path, "wb") as file:
            file.write(data)
        os.chown(inst + path, *owner)
        os.chmod(inst + path, mode)
    with open(inst + "/events", "w", encoding="utf8") as events:
        for token, name in arrived:
            print("got", token, name, file=events)


def read_files(inst):
    """The mailboxes and the queue as they are: {path: (mode, data)}."""
    files = {}
    for top in ("mail", "vmail", *("spool/" + q for q in QUEUES), "spool/bounce", "spool/trace"):
        for folder, _, names in os.walk("%s/%s" % (inst, top)):
            for one in names:
                path = os.path.join(folder, one)
                with open(path, "rb") as file:
                    files[path[len(inst):]] = (os.fstat(file.fileno()).st_mode, file.read())
    return files


def read_events(inst):
    with open(inst + "/events", encoding="utf8") as events:
        return [line.split() for line in events]


def too_many(before, arrived_then, after, arrived_now):
    """What came more often than it may: for each queue file that the cut left
    there is one copy, whatever mailboxes and other hosts had by then, as the
    mark that says so may be lost. What is posted again is archived again."""
    was = Found(before, "")
    had = copies(before) + collections.Counter(arrived_then)
    has = copies(after) + collections.Counter(arrived_now)
    again = {t for t, n in was.pending | set(has) if n.startswith("requeued")}
    return [(one, count) for one, count in has.items()
            if count > max(1, had[one] + was.sources[one]) and
            not (one[1] == ARCHIVE and one[0] in again)]


def faults(inst, folder):
    _, wanted, arrived, before = restore(folder)
    events = read_events(inst)
    got = [(w[1], w[2]) for w in events if w[0] == "got"]
    after = read_files(inst)
    found = Found(after, "")
    there = found.pending | found.boxed | set(got)
    missing = [(t, n) for t, n in wanted if not is_there(there, found.bounced, t, n)]
    unwarned = [t for t, n in wanted if n.endswith("@dead.test") and t not in found.warned]
    untold = [t for t, n in wanted if n.startswith("told@") and t not in found.told]
    torn = found.torn + [w for w in events if w[0] == "half"]
    return {"missing": missing, "not warned": unwarned, "not told": untold, "by halves": torn,
            "too often": too_many(before, arrived, after, got)}


def verify(inst, folder):
    """Reports are sent when a message is tried once more."""
    for _ in range(60):
        if not await_rest(inst):
            raise SystemExit("after %s: the queue does not come to rest" % restore(folder)[0])
        wrong = {what: which for what, which in faults(inst, folder).items() if which}
        if "not warned" not in wrong and "not told" not in wrong:
            break
        time.sleep(0.5)
    if wrong:
        raise SystemExit("after %s: %s" % (restore(folder)[0], wrong))


def main():
    what, inst, *rest = sys.argv[1:]
    if what == "load":
        load(inst, *rest)
    elif what == "states":
        states(inst, rest[0], rest[1], int(rest[2]))
    elif what == "sharp":
        sharp(inst, *rest)
    elif what == "lay":
        lay(inst, *rest)
    elif what == "receive":
        receive(inst, *rest).serve_forever()
    elif what == "verify":
        verify(inst, *rest)


main()
