# SPDX-License-Identifier: ISC
"""features.py - every row of rows.tsv, each with its result.

Each file of "subjects" is run by itself, in namespaces of its own, as
"features.py --subject NAME RESULTS"; its functions say which rows they prove.
A row passes if a function proves it and none that does fails. A row with a
reason in the last column of rows.tsv is "todo" until it passes; CHECK_ALL=1
counts those as failed.
"""
import importlib
import os
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
NAMESPACES = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
              "--mount-proc"]


def rows():
    with open(HERE + "/rows.tsv") as lines:
        for line in lines:
            if line.startswith("S"):
                fields = line.rstrip("\n").split("\t")
                yield (fields + ["", "", ""])[:4]


# ---- One subject, in its namespaces

def why(error):
    place = traceback.extract_tb(error.__traceback__)
    line = next(f for f in reversed(place) if "subjects" in f.filename)
    text = str(error) or line.line
    return "%s:%d: %s" % (os.path.basename(line.filename), line.lineno,
                          " ".join(text.split()))


def run_test(lab, function):
    began = time.time()
    lab.begin()
    others = set(smtp.Sink.running)
    try:
        function(lab)
        return "ok", "%.1f" % (time.time() - began)
    except laboratory.Absent as absent:
        return "skip", str(absent)
    except Exception as error:  # one row must not stop the others
        if os.environ.get("KEEP"):
            sys.stderr.write("---- %s\n%s" % (function.__name__, lab.log()))
            traceback.print_exc()
            subprocess.run(["ps", "axjf"], stdout=sys.stderr)
        return "FAIL", why(error)
    finally:
        for sink in set(smtp.Sink.running) - others:
            sink.close()


def run_subject(name, results):
    sys.path[:0] = [HERE, HERE + "/subjects"]
    global laboratory, smtp
    import lab as laboratory
    import smtp
    with tempfile.TemporaryDirectory(
            prefix="features.", ignore_cleanup_errors=True) as folder, \
            open(results, "w", buffering=1) as out:
        module = importlib.import_module(name)
        one = laboratory.Lab(folder)
        if hasattr(module, "setup"):
            module.setup(one)
        one.start()
        only = os.environ.get("ROWS", "").split()
        for ids, function in laboratory.TESTS:
            if only and not set(only) & set(ids):
                continue
            result, text = run_test(one, function)
            for row in ids:
                out.write("%s\t%s\t%s\n" % (row, result, text))
        if os.environ.get("KEEP"):
            subprocess.run(["cp", one.log_file, results + ".maillog"])


# ---- All subjects

def run_all(names, folder):
    jobs = int(os.environ.get("JOBS", "2"))
    waiting, running = list(names), []
    while waiting or running:
        while waiting and len(running) < jobs:
            name = waiting.pop(0)
            log = open("%s/%s.log" % (folder, name), "w")
            running.append((name, subprocess.Popen(
                NAMESPACES + [sys.executable, __file__, "--subject", name,
                              "%s/%s.tsv" % (folder, name)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)))
        time.sleep(0.1)
        running = [r for r in running if r[1].poll() is None]


def collect(names, folder):
    """The results of rows, and what went wrong outside of tests."""
    results, trouble = {}, []
    for name in names:
        path = "%s/%s" % (folder, name)
        if os.path.exists(path + ".tsv"):
            with open(path + ".tsv") as lines:
                for line in lines:
                    row, result, text = line.rstrip("\n").split("\t", 2)
                    if results.get(row, ("",))[0] != "FAIL":
                        results[row] = (result, text)
        with open(path + ".log", errors="replace") as file:
            said = file.read()
            if said.strip():
                trouble.append("%s:\n%s" % (name, said))
    return results, trouble


def show(results):
    check_all = os.environ.get("CHECK_ALL") == "1"
    count = {"ok": 0, "FAIL": 0, "todo": 0, "skip": 0}
    for row, name, what, reason in rows():
        result, text = results.get(row, ("FAIL", "no test has run"))
        if result == "FAIL" and reason and not check_all:
            result, text = "todo", reason
        count[result] += 1
        if result == "ok":
            print("ok   %s %s: %s" % (row, name, what))
        elif result == "skip":
            print("skip %s: %s" % (row, text))
        else:
            print("%-4s %s %s: %s" % (result, row, name, text))
    print("%d passed, %d failed%s%s" % (
        count["ok"], count["FAIL"],
        ", %d skipped" % count["skip"] if count["skip"] else "",
        ", %d todo" % count["todo"] if count["todo"] else ""))
    return count["FAIL"]


def main():
    if sys.argv[1:2] == ["--subject"]:
        run_subject(sys.argv[2], sys.argv[3])
        return 0
    names = sorted(f[:-3] for f in os.listdir(HERE + "/subjects")
                   if f.endswith(".py"))
    if sys.argv[1:]:
        names = [n for n in names if n in sys.argv[1:]]
    with tempfile.TemporaryDirectory(prefix="features-") as folder:
        run_all(names, folder)
        results, trouble = collect(names, folder)
    if sys.argv[1:]:  # a look at some subjects
        for row, (result, text) in sorted(results.items()):
            print(result, row, text)
    failed = 0 if sys.argv[1:] else show(results)
    for text in trouble:
        print(text, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
