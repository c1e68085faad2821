#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""agents.py - mail programs and real messages, for agents.test.

    agents.py send FOLDER RESULT PORT MAILRC   each message of FOLDER by each
                                               mail program to one suite
    agents.py compare FOLDER OURS PEER         what came out of the two

The envelope sender of a message names the program and the file. RESULT gets
replies/PROGRAM.FILE with the exit status and text of each program; the system
has put mail into RESULT/box, a maildir, and RESULT/out, a dump of smtp-sink.
"""
import collections
import concurrent.futures
import glob
import itertools
import os
import re
import smtplib
import subprocess
import sys
import time

PEER_HOST = "127.0.0.1"


def sources(folder):
    paths = (p for p in sorted(glob.glob(folder + "/*")) if os.path.isfile(p))
    return {os.path.basename(p).replace(".", "-").lower(): p for p in paths}


# ---- sending

def by_smtplib(path, sender, to, port, mailrc):
    with open(path, "rb") as file:
        text = re.sub(rb"\r\n|\n", b"\r\n", file.read())
    with smtplib.SMTP(PEER_HOST, port, local_hostname="client.example",
                      timeout=180) as server:
        server.ehlo()
        eight = any(byte > 127 for byte in text)
        server.mail(sender, ["BODY=8BITMIME"] if eight else [])
        server.rcpt(to)
        code, reply = server.data(text)
    return "%d %s" % (code, reply.decode().split(" queued as")[0])


def command(*words):
    def send(path, sender, to, port, mailrc):
        names = {"SENDER": sender, "TO": to, "PORT": str(port),
                 "@FILE": "@" + path}
        with open(path, "rb") as file:
            done = subprocess.run(
                [names.get(word, word) for word in words], stdin=file,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env=dict(os.environ, MAILRC=mailrc, LC_ALL="C.UTF-8"))
        said = done.stdout.decode("latin1")
        said = re.sub(r" queued as \S+", "", said)
        # What a run of its own puts into the words of a program.
        said = re.sub(r"(?<!\d)%d(?!\d)" % port, "PORT", said)
        said = re.sub(r"(?m)^sendmail: ", "", said)
        return "%d %s" % (done.returncode, said)
    return send


MSMTP = ("msmtp", "-C", "/dev/null", "--host=" + PEER_HOST, "--port", "PORT",
         "--domain=client.example", "-f", "SENDER")
PROGRAMS = {
    "smtplib": by_smtplib,
    "swaks": command("swaks", "--server", PEER_HOST, "--port", "PORT",
                     "--helo", "client.example", "--from", "SENDER",
                     "--to", "TO", "--data", "@FILE", "--hide-all"),
    "msmtp": command(*MSMTP, "TO"),
    "msmtp-t": command(*MSMTP, "-t"),
    "mailx": command("bsd-mailx", "-r", "SENDER", "-s", "the message as text",
                     "TO"),
    "sendmail": command("sendmail", "-i", "-f", "SENDER", "TO"),
    "sendmail-t": command("sendmail", "-t", "-i", "-f", "SENDER"),
}


def send(folder, result, port, mailrc):
    os.makedirs(result + "/replies")

    def one(case):
        program, (name, path) = case
        sender = "%s.%s@client.example" % (program, name)
        with open("%s/replies/%s.%s" % (result, program, name), "w") as f:
            f.write(PROGRAMS[program](path, sender, "user@box.example.test",
                                      int(port), mailrc))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(one, itertools.product(PROGRAMS,
                                             sources(folder).items())))


# ---- comparing

YEARS = "|".join(str(time.gmtime().tm_year - ago) for ago in (0, 1))
# What a run of its own puts into a message, and where it stands.
OWN = [
    (rb"(?m)^(\tby mail\.example\.test \(Postfix\) with E?SMTP id) \S+",
     rb"\1 ID"),
    (rb"(?m)^(\tid) [0-9A-Za-z]+; .*", rb"\1 ID; NOW"),
    (rb"(?m)^(\tfor <.*>); .*", rb"\1; NOW"),
    (rb"(?m)(\(Postfix\) with E?SMTP id ID); .*", rb"\1; NOW"),
    (rb"(?mi)^((?:Resent-)?Message-Id: <)\d+\.[0-9A-Za-z]+@", rb"\1ID@"),
    (rb"(?mi)^((?:Resent-)?Date:) .* (?:%s) .*" % YEARS.encode(), rb"\1 NOW"),
    # A date that was folded.
    (rb"(?m)^\t\w+, \d+ \w+ (?:%s) .*\([A-Z]+\)$" % YEARS.encode(), rb"\tNOW"),
    # Of msmtp.
    (rb"(?m)^(Message-ID: <)[0-9a-f]{32}\.", rb"\1ID."),
    # Of input that ends within a record, Postfix's postdrop also says where.
    (rb"(?m)^postdrop: warning: stdin: unexpected EOF in data, .*\n", b""),
    # When sendmail gives up, what postdrop has by then depends on buffers.
    (rb"(?m)^postdrop: fatal: uid=\d+: malformed input\n?", b""),
    # The dump of smtp-sink.
    (rb"(?m)^(X-Client-Addr|X-Client-Proto|X-Helo-Args): .*\n", b""),
    (rb"(?m)^(X-Mail-Args: .* SIZE=)\d+", rb"\1N"),
    (rb"(?m)^Received: from \S+ \(.*\n\tby smtp-sink .*\n\t.*\n", b""),
]


def normal(text):
    for pattern, by in OWN:
        text = re.sub(pattern, by, text)
    return text


def read(path):
    with open(path, "rb") as file:
        return file.read()


def delivered(result):
    """Of each sender: the messages, by recipient."""
    found = collections.defaultdict(list)
    for path in glob.glob(result + "/box/new/*"):
        text = read(path)
        sender = re.search(rb"(?m)^Return-Path: <(.*)>", text)[1].decode()
        found[sender.split("@")[0]].append(text)
    return found


def sent(result):
    found = collections.defaultdict(list)
    for path in glob.glob(result + "/out/*"):
        text = read(path)
        sender = re.search(rb"X-Mail-Args: FROM:<(.*?)@", text)[1].decode()
        found[sender].append(text)
    return found


def say(name, good, text=""):
    print("ok %s" % name if good else "FAIL %s: %s" % (name, text))


def show(name, ours, peer):
    """The first line that differs."""
    for mine, theirs in zip(ours.split(b"\n"), peer.split(b"\n")):
        if mine != theirs:
            print("    %s\n        Postfix %r\n        ours    %r"
                  % (name, theirs[:300], mine[:300]))
            return
    print("    %s: %d bytes, Postfix %d" % (name, len(ours), len(peer)))


def same(what, program, ours, peer):
    """Equal but for what is each run's own."""
    names = sorted(n for n in set(ours) | set(peer)
                   if n.split(".")[0] == program)
    differing = []
    for name in names:
        mine, theirs = (sorted(map(normal, side.get(name, [])))
                        for side in (ours, peer))
        if mine != theirs:
            differing.append(name)
            show(name, b"\n".join(mine), b"\n".join(theirs))
    say("%s: %s, of %d" % (program, what, len(names)),
        names and not differing, " ".join(differing) or "nothing came")
    return names


def body(path):
    text = read(path).replace(b"\r\n", b"\n")
    text = text.partition(b"\n\n")[2]
    return text if not text or text.endswith(b"\n") else text + b"\n"


def whole(program, folder, ours):
    """The body of a message is that of the file, byte for byte; the pictures
    and sounds are no messages, and need not have lines that can be told.
    swaks adds an empty line."""
    wrong = []
    for name, path in sources(folder).items():
        want = body(path) + (b"\n" if program == "swaks" else b"")
        for text in ours.get("%s.%s" % (program, name), []):
            if name.startswith("msg") and not text.endswith(want):
                wrong.append(name)
    say("%s: whole" % program, not wrong, " ".join(wrong))


def compare(folder, ours, peer):
    mine, theirs = delivered(ours), delivered(peer)
    out, their_out = sent(ours), sent(peer)
    replies = [{os.path.basename(path): [read(path)]
                for path in glob.glob(side + "/replies/*")}
               for side in (ours, peer)]
    for program in PROGRAMS:
        same("same replies", program, *replies)
        same("same in the mailbox", program, mine, theirs)
        same("same to another host", program, out, their_out)
        whole(program, folder, mine)


{"send": send, "compare": compare}[sys.argv[1]](*sys.argv[2:])
