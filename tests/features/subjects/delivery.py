# SPDX-License-Identifier: ISC
"""delivery.py - aliases, forward files and the local delivery agent."""
import os
import re
import subprocess
import sys
import time

import smtp
from lab import (INDEXED, REMOTE, REMOTE2, SUFFIX, USERS, expect, has,
                 owner_of, remove, row, run, until)


def setup(lab):
    lab.remote = smtp.Sink(REMOTE)
    lab.cmd = lab.script("cmd", 'umask 0; { echo "uid=$(id -u)"; env; cat; } '
                         '>>%s/out/cmd.out\n' % lab.folder)
    os.chmod(lab.folder, 0o1777)
    # Without the sticky bit, with which some kernels (fs.protected_regular)
    # let nobody append to a file of another user.
    os.mkdir(lab.folder + "/out")
    os.chmod(lab.folder + "/out", 0o777)
    lab.aliases("")


def output(lab, word=None):
    """What the command has written."""
    path = lab.folder + "/out/cmd.out"

    def found():
        if not os.path.exists(path):
            return None
        with open(path) as file:
            text = file.read()
        return text if word is None or word in text else None
    text = until(found, what="output of the command")
    os.unlink(path)
    return text


def forward(lab, user, text, name=".forward", mode=0o644):
    return lab.file("%s/%s/%s" % (lab.home, user, name), text, mode, user)


# ---- Aliases

@row("S005", "S121", "S122", "S128", "S130", "S175")
def aliases(lab):
    lab.file("inc", "ann\nbob, third\n")
    lab.aliases("# comment\nlist: :include:%s/inc\n"
                "prog: \"|%s\"\nfile: %s/file.out\n"
                "two: joe,\n  ann\n" % (lab.etc, lab.cmd, lab.folder))
    expect(lab.rcpt("list@example.com"), "250")
    word = lab.mail("list@example.com")
    for user in ("ann", "bob", "third"):
        lab.arrived(user, word)
    word = lab.mail("prog@example.com")
    output(lab, word)
    word = lab.mail("file@example.com")
    lab.arrived("file", word, path=lab.folder + "/file.out")
    word = lab.mail("two@example.com")
    lab.arrived("joe", word)
    lab.arrived("ann", word)
    assert os.path.exists("%s/aliases.%s" % (lab.etc, SUFFIX))
    with lab.settings("alias_maps=$default_database_type:%s/aliases, "
                      "nis:mail.x" % lab.etc):
        run("newaliases")


@row("S054", "S123", "S127", "S129")
def databases(lab):
    table = "%s:%s/aliases" % (INDEXED, lab.etc)
    for command in (["newaliases"], ["sendmail", "-bi"]):
        remove("%s/aliases.%s" % (lab.etc, SUFFIX))
        run(*command)
        assert run("postalias", "-q", "MAILER-DAEMON",
                   table).stdout == "postmaster\n"
    assert run("postalias", "-q", "nosuch", table,
               check=False).returncode == 1
    lab.file("other", "special: joe\n")
    with lab.settings("alias_maps=$alias_database",
                      "alias_database=$default_database_type:%s/other"
                      % lab.etc):
        run("newaliases")
        lab.arrived("joe", lab.mail("special@example.com"))
    assert lab.postconf("-dh", "alias_database").startswith(
        "$default_database_type:/etc/aliases")


@row("S124")
def nis(lab):
    kinds = lab.postconf("-m").split()
    if "nis" in kinds:
        return  # needs a NIS server
    with lab.settings("alias_maps=nis:mail.aliases",
                      "local_recipient_maps="):
        lab.mail("joe@example.com")
        dsn, status, _ = lab.status("joe@example.com")
        assert status == "deferred" and dsn.startswith("4.")
        lab.logged("(error|warning|fatal): .*nis")
    lab.drop_all()


@row("S125")
def no_rebuild_at_start(lab):
    lab.aliases("changed: joe\n")
    with open(lab.etc + "/aliases") as file:
        text = file.read().replace("changed: joe", "changed: ann")
    with open(lab.etc + "/aliases", "w") as file:
        file.write(text)
    lab.restart()
    lab.arrived("joe", lab.mail("changed@example.com"))


@row("S031")
def alias_to_host(lab):
    lab.aliases("roamer: roamer@ok.test\n")
    word = lab.mail("roamer@example.com")
    assert until(lambda: lab.remote.got(word))[1] == ["roamer@ok.test"]


@row("S038", "S115")
def postmaster(lab):
    lab.aliases("")
    lab.arrived("bob", lab.mail("MAILER-DAEMON@example.com"))


@row("S174", "S176")
def allowed(lab):
    lab.file("incc", '"|%s"\n' % lab.cmd)
    lab.file("incf", "%s/inc.out\n" % lab.folder)
    text = ("ic: :include:%s/incc\nif: :include:%s/incf\ncmd: \"|%s\"\n"
            "afile: %s/a.out\n" % (lab.etc, lab.etc, lab.cmd, lab.folder))
    lab.aliases(text)
    for name in ("ic", "if"):
        lab.mail(name + "@example.com", "joe@example.com")
        dsn, status, _ = lab.status(name + "@example.com")
        assert (dsn, status) == ("5.7.1", "bounced"), (name, dsn, status)
    output(lab, lab.mail("cmd@example.com"))
    with lab.settings("allow_mail_to_commands=", "allow_mail_to_files="):
        lab.begin()
        for name in ("cmd", "afile"):
            lab.mail(name + "@example.com", "joe@example.com")
            assert lab.status(name + "@example.com")[0] == "5.7.1"
    with lab.settings("allow_mail_to_command=include"):
        done = run("postconf", "-n")
        has(done.stdout + done.stderr, "allow_mail_to_command")
        word = lab.mail("ic@example.com")
        output(lab, word)


@row("S177")
def default_privs(lab):
    lab.aliases("cmd: \"|%s\"\n" % lab.cmd)
    nobody = run("id", "-u", "nobody").stdout.strip()
    has(output(lab, lab.mail("cmd@example.com")), "^uid=%s$" % nobody)
    with lab.settings(default_privs="postfix"):
        lab.mail("cmd@example.com")
        lab.logged("fatal: .*default_privs")
    lab.drop_all()
    until(lambda: not lab.in_queue("active"))


@row("S161", "S162")
def command_shell(lab):
    lab.script("sh", 'echo "through-shell $*" >>%s/sh.out; chmod 666 '
               '%s/sh.out; exec /bin/sh "$@"\n' % (lab.folder, lab.folder))
    own = lab.script("own", 'ps -o comm= -p $PPID >>%s/own.out\n' % lab.folder)
    lab.aliases("plain: \"|%s\"\nmeta: \"|%s >>%s/meta.out\"\n"
                % (own, own, lab.folder))
    lab.mail("plain@example.com")
    text = until(lambda: os.path.exists(lab.folder + "/own.out") and
                 open(lab.folder + "/own.out").read())
    assert "sh" not in text.split("\n")[0], text
    lab.mail("meta@example.com")
    until(lambda: os.path.exists(lab.folder + "/meta.out"))
    assert not os.path.exists(lab.folder + "/sh.out")
    with lab.settings("local_command_shell=%s/sh -c" % lab.folder):
        lab.mail("plain@example.com")
        until(lambda: os.path.exists(lab.folder + "/sh.out"))
    lab.script("smrsh", 'case "$2" in *allowed*) exec /bin/sh -c "$2";; esac\n'
               'echo "$2 is not allowed"; exit 69\n')
    lab.aliases("bad: \"|/bin/date\"\n")
    with lab.settings("local_command_shell=%s/smrsh -c" % lab.folder):
        lab.mail("bad@example.com", "joe@example.com")
        dsn, status, text = lab.status("bad@example.com")
        assert status == "bounced" and "not allowed" in text


@row("S199", "S200")
def command_time(lab):
    lab.aliases("slow: \"|sleep 1000\"\n")
    lab.not_logged("command_time_limit")
    with lab.settings("command_time_limit=2s"):
        lab.mail("slow@example.com", "joe@example.com")
        dsn, status, text = lab.status("slow@example.com")
        assert (dsn, status) == ("5.3.0", "bounced")
        assert "time" in text.lower(), text
    with lab.settings("command_time_limit=7200s"):
        lab.mail("joe@example.com")
        lab.logged("warning: .*command_time_limit.*ipc_timeout")


@row("S203")
def duplicates(lab):
    lab.aliases("dup: joe, joe, dup2\ndup2: joe\nmany: joe, ann, joe, ann\n")
    word = lab.mail("dup@example.com")
    lab.arrived("joe", word)
    lab.quiet()
    assert sum(word in m for m in lab.inbox("joe")) == 1
    with lab.settings("duplicate_filter_limit=1"):
        word = lab.mail("many@example.com")
        lab.quiet()
        copies = sum(word in m for u in ("joe", "ann") for m in lab.inbox(u))
        assert copies == 4, copies
    for limit, wanted in ((2, 3), (3, 3), (4, 2)):
        with lab.settings("duplicate_filter_limit=%d" % limit):
            word = lab.mail("many@example.com")
            lab.quiet()
            copies = sum(word in m for u in ("joe", "ann")
                         for m in lab.inbox(u))
            assert copies == wanted, (limit, copies)


@row("S196", "S195")
def delivered_to(lab):
    lab.aliases("")
    word = lab.mail("joe@example.com", "ann@example.com",
                    headers="Delivered-To: joe@example.com\n")
    dsn, status, text = lab.status("joe@example.com")
    assert (dsn, status) == ("5.4.6", "bounced") and "loop" in text
    forward(lab, "third", "bob\n")
    with lab.settings("prepend_delivered_header=forward"):
        word = lab.mail("joe@example.com")
        assert lab.arrived("joe", word)["Delivered-To"] is None
        word = lab.mail("third@example.com")
        assert lab.arrived("bob", word)["Delivered-To"] == \
            "third@example.com"
    remove(lab.home + "/third/.forward")
    assert lab.arrived("joe", lab.mail("joe@example.com"))["Delivered-To"] == \
        "joe@example.com"
    assert lab.postconf("-dh", "prepend_delivered_header") == \
        "command, file, forward"
    assert word


# ---- Forward files

@row("S164", "S168")
def forward_file(lab):
    path = forward(lab, "joe", "ann\n")
    word = lab.mail("joe@example.com")
    lab.arrived("ann", word)
    lab.logged(r"to=<joe@example.com>, relay=local, .*status=sent "
               r"\(forwarded as [0-9A-Za-z]+\)")
    os.chmod(path, 0o666)
    word = lab.mail("joe@example.com")
    lab.arrived("joe", word)
    lab.logged("warning: .*/joe/.forward")
    os.chmod(path, 0o644)
    os.chown(path, USERS["ann"], USERS["ann"])
    lab.arrived("joe", lab.mail("joe@example.com"))
    os.chown(path, USERS["joe"], USERS["joe"])
    forward(lab, "joe", "\\joe, bob\n")
    word = lab.mail("joe@example.com")
    lab.arrived("joe", word)
    lab.arrived("bob", word)
    remove(path)


@row("S165")
def procmail(lab):
    code = lab.folder + "/code"
    lab.script("procmail", "cat >/dev/null; exit $(cat %s)\n" % code)
    forward(lab, "joe", '"|exec %s/procmail"\n' % lab.folder)
    for number, want in (("75", ("4.3.0", "deferred")),
                         ("67", ("5.1.1", "bounced"))):
        lab.file(code, number)
        lab.begin()
        lab.mail("joe@example.com", "ann@example.com")
        dsn, status, _ = lab.status("joe@example.com")
        assert status == want[1] and dsn == want[0], (dsn, status)
        lab.drop_all()
    remove(lab.home + "/joe/.forward")


@row("S163", "S173")
def forward_path(lab):
    forward(lab, "joe", "ann\n", ".forward+cmd")
    forward(lab, "joe", "bob\n")
    with lab.settings("recipient_delimiter=+-"):
        lab.arrived("ann", lab.mail("joe+cmd@example.com"))
        lab.arrived("bob", lab.mail("joe+other@example.com"))
        forward(lab, "joe", "third\n", ".forward-x")
        lab.arrived("third", lab.mail("joe-x@example.com"))
    for name in (".forward", ".forward+cmd", ".forward-x"):
        remove("%s/joe/%s" % (lab.home, name))
    assert lab.postconf("-dh", "forward_path") == \
        "$home/.forward${recipient_delimiter}${extension}, $home/.forward"


@row("S166", "S167", "S169", "S170")
def forward_expansions(lab):
    top = lab.folder + "/fwd"
    for value, name, to, who in (
            ("/$user", "joe", "joe@example.com", "ann"),
            ("$shell", "bin/sh", "joe@example.com", "ann"),
            ("/$recipient", "joe+x@example.com", "joe+x@example.com", "ann"),
            ("/$extension", "x", "joe+x@example.com", "ann"),
            # Without a value: the path does not count.
            ("/$extensions", "x", "joe+x@example.com", "joe")):
        lab.file("%s/%s" % (top, name), "ann\n", 0o644, "joe")
        with lab.settings("forward_path=%s%s" % (top, value),
                          "recipient_delimiter=+"):
            word = lab.mail(to)
            lab.arrived(who, word)
        remove(top)


@row("S180", "S171", "S172", "S181")
def luser_relay(lab):
    expect(lab.rcpt("nosuch@example.com"), "550 5.1.1")
    word = lab.post("nosuch", user="joe")
    has(lab.arrived("joe", word).raw, "^Status: 5.1.1")
    with lab.settings("luser_relay=$user-$domain@ok.test",
                      "local_recipient_maps="):
        word = lab.mail("nosuch@example.com")
        got = until(lambda: lab.remote.got(word))
        assert got[1] == ["nosuch-example.com@ok.test"]
    with lab.settings("luser_relay=joe+$local", "local_recipient_maps=",
                      "recipient_delimiter=+"):
        word = lab.mail("nosuch@example.com")
        lab.arrived("joe", word)


# ---- Mailboxes

@row("S178", "S014", "S179")
def home_mailbox(lab):
    with lab.settings("home_mailbox=Mailbox"):
        lab.arrived("joe", lab.mail("joe@example.com"),
                    path=lab.home + "/joe/Mailbox")
    with lab.settings("home_mailbox=Maildir/"):
        word = lab.mail("joe@example.com")
        new = lab.home + "/joe/Maildir/new"
        names = until(lambda: os.path.isdir(new) and os.listdir(new))
        path = new + "/" + names[0]
        with open(path) as file:
            text = file.read()
        assert word in text and not text.startswith("From ")
        assert owner_of(path) == USERS["joe"]
        assert os.stat(path).st_mode & 0o777 == 0o600
        lab.logged("delivered to maildir")
        assert sorted(os.listdir(lab.home + "/joe/Maildir")) == [
            "cur", "new", "tmp"]
    remove(lab.home + "/joe/Maildir")


@row("S182")
def spool_directory(lab):
    word = lab.mail("joe@example.com")
    lab.arrived("joe", word)
    path = lab.spool_file("joe")
    assert owner_of(path) == USERS["joe"]
    assert os.stat(path).st_mode & 0o777 == 0o600
    with lab.settings("mail_spool_directory=%s/mail/" % lab.folder):
        os.makedirs(lab.folder + "/mail", exist_ok=True)
        os.chmod(lab.folder + "/mail", 0o1777)
        lab.mail("joe@example.com")
        until(lambda: os.path.isdir(lab.folder + "/mail/joe/new") and
              os.listdir(lab.folder + "/mail/joe/new"))


@row("S183", "S184", "S185", "S186", "S187", "S188")
def mailbox_command(lab):
    with lab.settings("mailbox_command=" + lab.cmd,
                      "recipient_delimiter=+"):
        text = output(lab, lab.mail("joe+x@example.com", "s@ok.test"))
        for line in ("uid=%d" % USERS["joe"], "HOME=%s/joe" % lab.home,
                     "SHELL=/bin/sh", "LOGNAME=joe", "USER=joe",
                     "EXTENSION=x", "DOMAIN=example.com", "LOCAL=joe.x",
                     "RECIPIENT=joe.x@example.com", "SENDER=s@ok.test",
                     "ORIGINAL_RECIPIENT=joe.x@example.com"):
            has(text, "^%s$" % line)
        lab.logged(r"status=sent \(delivered to command: ")
        lab.file("aliases", "postmaster: root\n")
        run("newaliases")
        nobody = run("id", "-u", "nobody").stdout.strip()
        has(output(lab, lab.mail("root@example.com")), "^uid=%s$" % nobody)
        lab.file("aliases", "root: ann\n")
        run("newaliases")
        has(output(lab, lab.mail("root@example.com")),
            "^uid=%d$" % USERS["ann"])
    lab.aliases("")


@row("S189", "S190", "S192")
def other_transports(lab):
    sink = smtp.Sink(REMOTE2, 2525)
    lab.aliases("foo: joe\n")
    with lab.settings("mailbox_transport=smtp:[%s]:2525" % REMOTE2,
                      "luser_relay=joe", "local_recipient_maps="):
        for to, want in (("joe", "joe"), ("foo", "joe"),
                         ("nosuch", "nosuch")):
            word = lab.mail(to + "@example.com")
            got = until(lambda: sink.got(word))
            assert got[1][0].startswith(want + "@"), got
    with lab.settings("fallback_transport=smtp:[%s]:2525" % REMOTE2,
                      "luser_relay=joe", "local_recipient_maps="):
        word = lab.mail("nosuch@example.com")
        until(lambda: sink.got(word))
        lab.arrived("joe", lab.mail("joe@example.com"))
        lab.absent("joe", word)
    sink.close()


@row("S191")
def lmtp(lab):
    path = lab.folder + "/lmtp"
    sink = smtp.Sink(path, lmtp=True)
    os.chmod(path, 0o777)
    with lab.settings("mailbox_transport=lmtp:unix:" + path):
        word = lab.mail("joe@example.com")
        got = until(lambda: sink.got(word))
        assert got[1][0].startswith("joe@")
        has(sink.sessions[0].commands[0], "^LHLO mail.example.com")
    sink.close()


@row("S193")
def local_concurrency(lab):
    trace = lab.folder + "/trace"
    slow = lab.script("slow", "echo + >>%s; until [ -e %s.go ]; do sleep 0.1;"
                      " done; echo - >>%s; cat >/dev/null\n"
                      % (trace, trace, trace))
    forward(lab, "joe", '"|%s"\n' % slow)
    for _ in range(5):
        lab.mail("joe@example.com")
    until(lambda: os.path.exists(trace) and
          open(trace).read().count("+") == 2)
    time.sleep(0.3)  # a chance for one too many
    lab.file(trace + ".go", "")
    until(lambda: open(trace).read().count("-") == 5)
    now = most = 0
    for c in open(trace).read().split():
        now += 1 if c == "+" else -1
        most = max(most, now)
    assert most == 2, most
    remove(lab.home + "/joe/.forward")


@row("S194")
def local_recipients(lab):
    assert lab.postconf("-dh", "local_destination_recipient_limit") == "1"
    lab.mail(["joe@example.com", "ann@example.com", "bob@example.com"])
    lab.quiet()
    pids = set(re.findall(r"local\[(\d+)\]: %s: to=" % lab.id, lab.log()))
    assert len(pids) >= 1
    assert len(re.findall(r"%s: to=.*relay=local" % lab.id, lab.log())) == 3


# ---- Locks

@row("S104", "S105")
def mailbox_lock(lab):
    lab.arrived("joe", lab.mail("joe@example.com"))
    # By another process: ours would lose it with each look at the mailbox.
    with subprocess.Popen([sys.executable, "-c", "import fcntl, sys\n"
                           "f = open(sys.argv[1], 'r+')\n"
                           "fcntl.lockf(f, fcntl.LOCK_EX)\n"
                           "print(flush=True)\nsys.stdin.read()",
                           lab.spool_file("joe")], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        with lab.settings("sun_mailtool_compatibility=yes"):
            lab.arrived("joe", lab.mail("joe@example.com"))
            lab.logged("warning: .*sun_mailtool_compatibility.*"
                       "mailbox_delivery_lock")
        with lab.settings("mailbox_delivery_lock=dotlock"):
            lab.arrived("joe", lab.mail("joe@example.com"))
        with lab.settings("deliver_lock_attempts=2",
                          "deliver_lock_delay=1s"):
            lab.begin()
            lab.mail("joe@example.com")
            dsn, status, _ = lab.status("joe@example.com")
            assert (dsn, status) == ("4.2.0", "deferred"), (dsn, status)
        holder.stdin.close()
    lab.drop_all()
    assert "fcntl" in lab.postconf("-dh", "mailbox_delivery_lock")


@row("S204", "S205", "S217")
def dot_lock(lab):
    lock = lab.spool_file("joe") + ".lock"

    def attempt(delay):
        lab.begin()
        remove(lock)
        lab.file(lock, "", 0o644, "joe")
        began = time.time()
        lab.mail("joe@example.com")
        dsn, status, _ = lab.status("joe@example.com")
        assert (dsn, status) == ("4.2.0", "deferred")
        lab.drop_all()
        return time.time() - began
    base = ["mailbox_delivery_lock=dotlock", "deliver_lock_attempts=2"]
    with lab.settings(*base, "deliver_lock_delay=1s"):
        assert attempt(1) > 0.7
    with lab.settings(*base, "deliver_lock_delay=3s"):
        assert attempt(3) > 2.5
    with lab.settings("mailbox_delivery_lock=dotlock", "stale_lock_time=2s"):
        remove(lock)
        lab.file(lock, "", 0o644, "joe")
        lab.arrived("joe", lab.mail("joe@example.com"))
        until(lambda: not os.path.exists(lock))


@row("S225")
def mailing_list(lab):
    forty = " ".join("u%d@ok.test" % i for i in range(200))
    wrapper = lab.script("wrapper", "exec %s/bin/sendmail -i -f owner-list "
                         "-- %s\n" % (lab.dir, forty))
    lab.aliases("list: \"|%s\"\nowner-list: joe\nplain: ann@ok.test\n"
                "owner-plain: joe\n" % wrapper)
    word = lab.mail("list@example.com")
    until(lambda: sum(len(t[1]) for t in lab.remote.mail
                      if word in t[2]) == 200, 40)
    word = lab.mail("plain@example.com")
    got = until(lambda: lab.remote.got(word))
    has(got[0], "^owner-plain@")


@row("S157")
def local_in_log(lab):
    lab.mail("joe@example.com")
    lab.logged(r"postfix/local\[\d+\]: .*to=<joe@example.com>, relay=local,")


@row("S160")
def local_pipe(lab):
    lab.master("mypipe unix - n n - - pipe flags=R user=joe argv=%s ${user}\n"
               % lab.cmd)
    with lab.settings("local_transport=mypipe", "local_recipient_maps="):
        word = lab.mail("anybody@example.com")
        has(output(lab, word), "^uid=%d$" % USERS["joe"])
        lab.logged("relay=mypipe,.*status=sent")


@row("S058", "S331")
def uucp(lab):
    uux = lab.script("uux", 'umask 0; echo "args: $*" >%s/uux.out; cat >>'
                     '%s/uux.out\n' % (lab.folder, lab.folder))
    with open(lab.etc + "/master.cf") as file:
        text = file.read()
    text = re.sub(r"^uucp\b.*\n(\s+.*\n)*", "", text, flags=re.M)
    lab.file("master.cf", text + "uucp unix - n n - - pipe flags=Fqhu "
             "user=joe argv=%s -a$sender - $nexthop!rmail ($recipient)\n"
             % uux)
    table = lab.table("uutransport", "x.test uucp:Host\n")
    with lab.settings("transport_maps=" + table):
        word = lab.mail("User@x.test", "s@ok.test")
        text = until(lambda: os.path.exists(lab.folder + "/uux.out") and
                     word in open(lab.folder + "/uux.out").read() and
                     open(lab.folder + "/uux.out").read())
        has(text, r"^args: -as@ok.test - host!rmail \(user@x.test\)$")
        has(text, "^From s@ok.test ")
    with lab.settings("defer_transports=uucp", "transport_maps=" + table):
        lab.mail("u@x.test")
        assert lab.status("u@x.test")[:2] == ("4.3.2", "deferred")
    lab.drop_all()
