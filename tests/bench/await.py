#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""await.py FOLDER COUNT - until so many files are in FOLDER.

It looks rarely as long as many are missing: looking takes time that those who
make the files need.
"""
import os
import sys
import time

DEADLINE_S = 300


def main() -> None:
    folder, wanted = sys.argv[1], int(sys.argv[2])
    end = time.monotonic() + DEADLINE_S
    first = None
    while time.monotonic() < end:
        try:
            count = len(os.listdir(folder))
        except FileNotFoundError:
            count = 0
        if count >= wanted:
            return
        if first is None:
            first = wanted - count
        time.sleep(max(0.005, 0.2 * (wanted - count) / first))
    sys.exit(f"{folder}: {count} files of {wanted}, and nothing more happens")


main()
