#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""multiply.py <queue_directory> <count> - make that many deferred messages of
the first one, each with its defer log, due in a day. The mail system must be
stopped."""
import os
import sys
import time

spool, count = sys.argv[1], int(sys.argv[2])


def files(queue):
    for folder, _, names in os.walk(os.path.join(spool, queue)):
        for name in names:
            yield os.path.join(folder, name)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def put(queue, name, temporary):
    folder = os.path.join(spool, queue, name[0])
    if not os.path.isdir(folder):
        os.mkdir(folder, 0o700)
        os.chown(folder, owner.st_uid, owner.st_gid)
    os.rename(temporary, os.path.join(folder, name))


def copy(data, mode):
    path = os.path.join(spool, "deferred", "new.file")
    with open(path, "wb") as f:
        f.write(data)
        os.fchown(f.fileno(), owner.st_uid, owner.st_gid)
        os.fchmod(f.fileno(), mode)
        return path, os.fstat(f.fileno()).st_ino


message = next(files("deferred"))
owner = os.stat(message)
text = read(message)
log = read(next(files("defer")))
later = time.time() + 86400
for number in range(count):
    path, inode = copy(text, 0o700)
    os.utime(path, (later, later))
    # A short queue ID: microseconds, in no order, and the inode.
    name = "%05X%X" % (number * 7919 % 1000000, inode)
    put("deferred", name, path)
    path, _ = copy(log, 0o600)
    put("defer", name, path)
os.remove(message)
