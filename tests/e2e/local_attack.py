# SPDX-License-Identifier: ISC
#
# local_attack.py - what a local user can throw at the mail system.
#
#     maildrop SPOOL TO      files in maildrop, as somebody who got past postdrop
#     records TO, endless TO what sendmail would say to postdrop
#     run UID GID WHAT PROGRAM [ARGUMENT...]
#                            a set-gid program in surroundings of our choice
#     connect FOLDER...      to every socket; says which let us in
#     peep PID               what of a process can be read

import os
import resource
import signal
import socket
import sys


def record(kind, text, length=None):
    """A record of a queue file; its length in sets of seven bits."""
    data = text.encode("latin-1")
    number = len(data) if length is None else length
    size = b""
    while True:
        rest = number >> 7
        size += bytes([(number & 127) | (128 if rest else 0)])
        number = rest
        if not number:
            return kind.encode() + size + data


def message(to, subject, envelope=b"", extracted=b"", sender="attacker"):
    return (record("T", "1000000000 0") + envelope + record("S", sender) +
            record("R", to) + record("M", "") +
            record("N", "Subject: " + subject) + record("N", "") +
            record("N", "text") + record("X", "") + extracted +
            record("E", ""))


def posted(to):
    """What sendmail writes to postdrop."""
    return message(to, "by hand")[len(record("T", "1000000000 0")):]


def endless(to):
    head = posted(to)
    out = sys.stdout.buffer
    out.write(head[:head.index(b"N")])
    while True:
        out.write(record("N", "without end") * 1000)


def maildrop(spool, to):
    os.chdir(spool + "/maildrop")
    os.umask(0)
    count = 0

    def put(data, name=None, mode=0o744):
        nonlocal count
        count += 1
        name = name or "ABC%05X" % count
        fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(fd, data)
        os.fchmod(fd, mode)
        os.close(fd)

    # Of no use at all.
    put(b"")
    put(b"\0" * 5000)
    put(b"From: somebody\n\nno queue file\n")
    put(b"T")
    put(b"T\xff")
    put(record("T", "1000000000 0"))
    put(b"T\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")
    put(record("C", "x" * 100, 2 ** 40))
    put(record("T", "x", 2 ** 31))
    put(record("T", "-1 -1") + record("S", "") + record("R", to) +
        record("E", ""))
    put(record("M", "") * 2000)
    put(message(to, "cut short")[:-8])
    put(record("p", "0") * 50 + message(to, "pointer to itself"))
    put(message(to, "unfinished"), mode=0o600)
    # Messages that ask for what only the mail system may ask.
    for name, kind, text in (
            ("filter", "L", "smtp:[192.0.2.1]"), ("redirect", ">", "root"),
            ("done", "D", to), ("inspect", "i", "x"), ("flags", "f", "65535"),
            ("size", "C", "999999 999999 999999 999999 999999"),
            ("xtra", "A", "client_address=192.0.2.99"),
            ("xtra", "A", "sasl_username=root"),
            ("xtra", "A", "trace_flags=65535"), ("line", "R", to + "\nx"),
            ("null", "S", "a\0b"), ("delay", "d", "9" * 40),
            ("warp", "A", "create_time=1"), ("long", "R", "x" * 100000)):
        put(message(to, name, record(kind, text)))
    put(message(to, "pointer", extracted=record("p", "17") * 9))
    # Names.
    for name in ("-rf", "x y", "$(id)", "`id`", "a\nb", "x" * 255, "AB%n",
                 "..A", "\xff\xfe"):
        put(message(to, "name"), name)
    # Other kinds of files.
    os.symlink("/etc/passwd", "ABD00001")
    os.symlink("../active", "ABD00002")
    os.symlink("ABD00003", "ABD00003")
    os.symlink("/dev/zero", "ABD00004")
    os.mkfifo("ABD00005", 0o777)
    os.mkdir("ABD00006", 0o777)
    server = socket.socket(socket.AF_UNIX)
    server.bind("ABD00007")
    os.chmod("ABD00007", 0o777)
    put(message(to, "twice"), "ABD00008")
    os.link("ABD00008", "ABD00009")
    # postsuper renames files in this way; the name that it wants is taken.
    inode = os.stat("ABD00008").st_ino
    for name in ("ABD00%X" % inode, "ABD00%X#FIX" % inode):
        put(message(to, "in the way"), name)


def connect(folders):
    for folder in folders:
        names = []
        try:
            names = os.listdir(folder)
        except OSError as error:
            print("list", folder, error.strerror)
        for name in names:
            client = socket.socket(socket.AF_UNIX)
            try:
                client.connect(folder + "/" + name)
                print("open", folder, name)
            except OSError:
                pass


def peep(pid):
    for name in ("mem", "environ", "maps", "auxv", "stack", "syscall"):
        try:
            with open("/proc/%s/%s" % (pid, name), "rb") as file:
                file.read(1)
                print("open", name)
        except OSError:
            pass
    for name in ("fd", "cwd", "root", "exe", "map_files"):
        try:
            if name in ("fd", "map_files"):
                os.listdir("/proc/%s/%s" % (pid, name))
            else:
                os.readlink("/proc/%s/%s" % (pid, name))
            print("open", name)
        except OSError:
            pass


def limit(what, value):
    return lambda: resource.setrlimit(what, (value, value))


def close_all():
    os.closerange(0, 1024)


def ignore_signals():
    """All that may be, and the rest of them blocked."""
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))


# The surroundings that the user chooses, and what is on standard input.
def surroundings(what):
    hostile = {
        "MAIL_CONFIG": "/tmp/attack", "LD_PRELOAD": "/tmp/attack.so",
        "LD_LIBRARY_PATH": "/tmp", "PATH": "/tmp", "IFS": "/", "TZ": "../../etc",
        "POSTLOG_SERVICE": "/tmp/attack", "POSTLOG_HOSTNAME": "%n%n",
        "MAIL_LOGTAG": "%s%n", "MAIL_DEBUG": "1", "MAIL_VERBOSE": "1",
        "HOME": "/etc", "USER": "root", "LOGNAME": "root",
        "NAME": "x\nBcc: root", "LANG": "x" * 9000, "GCONV_PATH": "/tmp",
        "MALLOC_CHECK_": "3", "ASAN_OPTIONS": "log_path=/tmp/attack",
        "RES_OPTIONS": "x" * 9000, "HOSTALIASES": "/etc/shadow",
    }
    return {
        "hostile": (hostile, None),
        "many": ({"V%d" % i: "x" * 1000 for i in range(1500)}, None),
        "none": ({}, None),
        "closed": ({}, close_all),
        "no-input": ({}, lambda: os.close(0)),
        "no-output": ({}, lambda: os.close(1)),
        "no-errors": ({}, lambda: os.close(2)),
        "no-standard": ({}, lambda: os.closerange(0, 3)),
        "deaf": ({}, ignore_signals),
        "no-files": ({}, limit(resource.RLIMIT_NOFILE, 3)),
        "few-files": ({}, limit(resource.RLIMIT_NOFILE, 6)),
        "no-space": ({}, limit(resource.RLIMIT_FSIZE, 0)),
        "small-space": ({}, limit(resource.RLIMIT_FSIZE, 100)),
        "no-memory": ({}, limit(resource.RLIMIT_AS, 12 << 20)),
        "no-processes": ({}, limit(resource.RLIMIT_NPROC, 1)),
        "no-core": ({}, limit(resource.RLIMIT_CORE, 0)),
        "no-time": ({}, limit(resource.RLIMIT_CPU, 1)),
        "small-stack": ({}, limit(resource.RLIMIT_STACK, 128 << 10)),
    }[what]


def run(uid, gid, what, argv):
    environment, prepare = surroundings(what)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if argv[1:] == ["NONE"]:
        argv = argv[:1]
        arguments = [""]
    else:
        arguments = argv
    if prepare:
        prepare()
    os.execve(argv[0], arguments, environment)


if __name__ == "__main__":
    task, words = sys.argv[1], sys.argv[2:]
    if task == "maildrop":
        maildrop(*words)
    elif task == "connect":
        connect(words)
    elif task == "peep":
        peep(*words)
    elif task == "records":
        sys.stdout.buffer.write(posted(*words))
    elif task == "endless":
        endless(*words)
    else:
        run(int(words[0]), int(words[1]), words[2], words[3:])
