# SPDX-License-Identifier: ISC
#
# panel.py - what control panels do to a configuration: they ask postconf,
# edit main.cf and master.cf line by line themselves, and reload.
#
#     panel.py BIN ETC ask NAME           the value, as postconf or the file has it
#     panel.py BIN ETC set NAME VALUE     in the file, in place of all its lines
#     panel.py BIN ETC unset NAME
#     panel.py BIN ETC service NAME TYPE FIELD...   one line, tabs between
#     panel.py BIN ETC disable NAME TYPE  a comment sign before the entry
#     panel.py BIN ETC queue all          a line a message, of mailq's listing
#     panel.py BIN ETC map FILE KEY [VALUE...]   an entry of a table's source,
#                                         with a comment above it, or none
#     panel.py BIN ETC line NAME VALUE    replace or append one line, as
#                                         configuration management does
import os
import re
import subprocess
import sys


def read(path):
    with open(path) as file:
        return file.read().split("\n")[:-1]


def write(path, lines):
    # As panels do: the file is written in place.
    with open(path, "w") as file:
        file.write("".join(line + "\n" for line in lines))


def entries(lines):
    """First and last line of each logical line, comments within left out."""
    found = []
    for number, line in enumerate(lines):
        if re.match(r"\s*(#|$)", line):
            continue
        if line[0].isspace() and found:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def find(lines, pattern):
    hits = [e for e in entries(lines) if re.match(pattern, lines[e[0]])]
    return hits[-1] if hits else None


def replace(path, pattern, new):
    lines = read(path)
    entry = find(lines, pattern)
    if entry is None:
        lines += new
    else:
        lines[entry[0]:entry[1] + 1] = new
    write(path, lines)


def queue(binaries, etc):
    """Mark, size, sender and recipients of each message."""
    said = subprocess.run([binaries + "/mailq", "-C", etc], text=True,
                          stdout=subprocess.PIPE).stdout
    for block in said.split("\n\n"):
        first = re.search(r"^([0-9A-Za-z]+)([*!]?)\s+(\d+) "
                          r"(\w{3} \w{3} [ \d]\d [\d:]{8})\s+(\S+)$",
                          block, re.M)
        if first:
            to = re.findall(r"^ {20,}(\S+@\S+)$", block, re.M)
            print(first[1], first[2] or "-", first[5], ",".join(to))


def edit_map(path, key, values):
    """As a page of a table does: one entry a line, what it is for above it."""
    lines = read(path) if os.path.exists(path) else []
    entry = find(lines, r"%s[\s:]" % re.escape(key))
    new = ["%s\t%s" % (key, " ".join(values))] if values else []
    if entry is None:
        lines += ["# by the panel"] + new
    else:
        lines[entry[0]:entry[1] + 1] = new
    write(path, lines)


def main():
    binaries, etc, verb, name, *rest = sys.argv[1:]
    main_cf, master_cf = etc + "/main.cf", etc + "/master.cf"
    setting = r"%s\s*=" % re.escape(name)
    if verb == "ask":
        answer = subprocess.run(
            [binaries + "/postconf", "-c", etc, name],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        match = re.match(r"%s\s*=\s*(.*)" % re.escape(name), answer.stdout)
        print(match.group(1) if match else "(unknown)")
    elif verb == "set":
        replace(main_cf, setting, [name + " = " + rest[0]])
    elif verb == "unset":
        replace(main_cf, setting, [])
    elif verb == "line":
        replace(main_cf, setting, [name + "=" + rest[0]])
    elif verb == "queue":
        queue(binaries, etc)
    elif verb == "map":
        edit_map(name, rest[0], rest[1:])
    elif verb == "service":
        replace(master_cf, r"%s\s+%s\s" % (re.escape(name), rest[0]),
                ["\t".join([name] + rest)])
    elif verb == "disable":
        lines = read(master_cf)
        first, last = find(lines, r"%s\s+%s\s" % (re.escape(name), rest[0]))
        for number in range(first, last + 1):
            lines[number] = "#" + lines[number]
        write(master_cf, lines)
    else:
        sys.exit("unknown verb " + verb)


if __name__ == "__main__":
    main()
