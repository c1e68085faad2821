#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""disk.py <folder> - how many files of 5 kB ten processes can create, sync
and remove there, a second: no mail system that keeps its word is faster."""
import os
import sys
import time

PROCESSES, FILES = 10, 300
folder = sys.argv[1]


def work(number):
    for i in range(FILES):
        path = "%s/disk.%d.%d" % (folder, number, i)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(fd, b"x" * 5000)
        os.fsync(fd)
        os.close(fd)
        os.remove(path)


start = time.monotonic()
children = []
for number in range(PROCESSES):
    child = os.fork()
    if child == 0:
        work(number)
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
print("%.0f" % (PROCESSES * FILES / (time.monotonic() - start)))
