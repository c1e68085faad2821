# SPDX-License-Identifier: ISC
#
# lib.sh - an instance of the suite for one test, in a folder of its own, on a
# port of its own. Sourced by the tests; everything started is ended at exit.

set -u
: "${TOP:?}" "${BUILD:?}"
work=$(mktemp -d "${TMPDIR:-/tmp}/instance.XXXXXX") || exit 1
chmod 755 "$work"
inst=$work/i
log=$inst/log/maillog
failed=0
pids=

# The types of the tables and caches that this build makes, and how their files
# end.
indexed=$("$BUILD/bin/postconf" -dh default_database_type)
cached=$("$BUILD/bin/postconf" -dh default_cache_db_type)
case $indexed in
hash | btree) suffix=db ;;
dbm) suffix=pag ;;
*) suffix=$indexed ;;
esac

# Seconds to wait for what must come. Many, as a busy machine may be very slow,
# and they only pass when something is wrong.
patience=${PATIENCE:-180}
awaiting=0

ok() { echo "ok $1"; }
bad()
{
    echo "FAIL $1: $2"
    [ $failed -ne 0 ] || show_state
    failed=1
    patience=20 # what comes now tells little
}
skip() { echo "skip $1: $2"; }

# need_tables NAME: ends a test that makes tables, in a build that makes none.
need_tables()
{
    "$BUILD/bin/postconf" -m | grep -qx "$indexed" && return
    skip "$1" "this build makes no tables"
    exit 0
}

# check NAME COMMAND...: one test. What is read from the log and from mailboxes
# may come late.
check()
{
    name=$1
    shift
    case $1 in in_log | in_mailbox) set -- await "$@" ;; esac
    if "$@"; then ok "$name"; else bad "$name" "$*"; fi
}

# await COMMAND...: until it succeeds. In a command that is awaited: once.
await()
{
    if [ $awaiting -gt 0 ]; then
        "$@"
        return
    fi
    awaiting=$((patience * 10))
    until "$@" >/dev/null 2>&1; do
        awaiting=$((awaiting - 1))
        [ $awaiting -gt 0 ] || return 1
        sleep 0.1
    done
    awaiting=0
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# An account that mail can be delivered to: root's tests use nobody.
if is_root; then user=nobody; else user=$(id -un); fi

# is_port PORT [STATE]: is it in use, or in this state (0A: somebody listens)?
is_port() { grep -qs "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' "$1") [^ ]* ${2:-}" /proc/net/tcp /proc/net/tcp6; }
listens() { is_port "$1" 0A; }

# A TCP port that nobody listens on now, and that no other test of this run is
# given. Below the ports that Linux gives to clients: one of those could be in
# use again when a stopped server wants it back.
free_port()
{
    while :; do
        port=$(($(od -An -N2 -tu2 /dev/urandom) % 22000 + 10000))
        ! is_port $port || continue
        [ -n "${TEST_PORTS:-}" ] && ! mkdir "$TEST_PORTS/port.$port" 2>/dev/null || break
    done
    echo $port
}

stage()
{
    TOP=$TOP BUILD=$BUILD "$TOP/conf/stage-instance" "$inst" >"$work/stage" 2>&1 || {
        cat "$work/stage"
        bad stage "the instance cannot be staged"
        exit 1
    }
    port=$(free_port)
    sed "s/^smtp  *inet/127.0.0.1:$port inet/" "$inst/etc/master.cf" >"$work/master.cf" &&
        cat "$work/master.cf" >"$inst/etc/master.cf"
    host=$("$inst/bin/postconf" -h myhostname)
    # Reports of the sanitizers go where tests/run looks for them.
    [ -z "${SAN:-}" ] || conf "import_environment = $("$inst/bin/postconf" -h \
        import_environment) ASAN_OPTIONS UBSAN_OPTIONS"
    PATH=$inst/bin:$PATH
    export PATH
}

start()
{
    "$inst/bin/postfix" start >"$work/start" 2>&1 || {
        cat "$work/start"
        show_log
        bad start "the instance does not start"
        exit 1
    }
}

stop() { [ ! -x "$inst/bin/postfix" ] || "$inst/bin/postfix" stop >/dev/null 2>&1; }
master_pid() { tr -d ' \n' <"$inst/spool/pid/master.pid" 2>/dev/null; }
is_running() { "$inst/bin/postfix" status >/dev/null 2>&1; }

# With the processes of the old configuration gone, but for those in the middle
# of something, and what they use: what comes next must not meet one of them.
reload()
{
    old=$(pgrep -P "$(master_pid)")
    "$inst/bin/postfix" reload >"$work/reload" 2>&1 || {
        bad reload "$(cat "$work/reload")"
        return 1
    }
    now=$(date +%s)
    latest=$((now + patience))
    for pid in $old; do
        ! is_busy "$pid" || latest=$((now + 3))
    done
    for pid in $old; do
        while kill -0 "$pid" 2>/dev/null && [ "$(date +%s)" -lt $latest ] && ! is_busy "$pid"; do
            sleep 0.1
        done
        # Next to a busy one, others may stay for what it needs of them.
        [ $latest -eq $((now + 3)) ] || ! kill -0 "$pid" 2>/dev/null || is_busy "$pid" ||
            bad reload "process $pid of the old configuration stays: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
    done
}

# processes: the suite's of this instance, whoever their parents are. Below
# valgrind only their folder tells whose they are.
processes()
{
    find /proc/[0-9]*/exe /proc/[0-9]*/cwd -maxdepth 0 \( -path '*/exe' -lname "$inst/*" \
        -o -path '*/cwd' -lname "$inst/spool*" \) 2>/dev/null | cut -d / -f 3 | sort -u
}

# is_busy PID: it has a TCP connection, or runs a command.
is_busy()
{
    awk '$4 == "01" { print "socket:[" $10 "]" }' /proc/net/tcp /proc/net/tcp6 2>/dev/null >"$work/connections"
    pgrep -P "$1" >/dev/null ||
        find "/proc/$1/fd" -type l -printf '%l\n' 2>/dev/null | grep -qxFf "$work/connections"
}
conf() { "$inst/bin/postconf" -e "$@"; }
# What a failure may be understood from, the most telling first and last.
show_state()
{
    [ -d "$inst/log" ] || return 0
    {
        echo "load: $(cat /proc/loadavg)"
        "$inst/bin/postqueue" -p 2>&1 | head -n 7
        ps -o pid=,stat=,etime=,args= -p "$(processes | paste -sd ,)" 2>&1 | cut -c 1-100
        show_log 30
    } | sed 's/^/    /'
}
show_log() { [ ! -f "$log" ] || tail -n "${1:-60}" "$log"; }
in_log() { grep -Eq -- "$1" "$log"; }

# Asked twice: a message that moves from one folder to the next while the
# folders are read, one after the other, can be missed, but not in each.
queue_is_empty() { seems_empty && seems_empty; }
seems_empty() { "$inst/bin/postqueue" -p 2>/dev/null | grep -q 'queue is empty'; }

# all_deferred COUNT: so many messages are in the queue, and each has its rest,
# so that "postqueue -f" and -i try it. What is still active they pass by.
all_deferred()
{
    [ "$(find "$inst/spool/deferred" -type f | wc -l)" -eq "$1" ] &&
        [ -z "$(find "$inst/spool/incoming" "$inst/spool/active" -type f)" ]
}

# remember PID: to be ended with the test.
remember() { pids="$pids $1"; }

finish()
{
    status=$?
    [ $failed -eq 0 ] || show_log
    stop
    for pid in $pids; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    [ -n "${KEEP:-}" ] || rm -rf "$work"
    [ $failed -eq 0 ] || status=1
    exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM HUP PIPE

# sink PORT OPTION...: a remote host, dumping to $work/remote/received.
sink()
{
    sink_port=$1
    shift
    mkdir -p "$work/remote" && chmod 1777 "$work/remote"
    as=
    ! is_root || as="-u nobody"
    # shellcheck disable=SC2086
    "$inst/bin/smtp-sink" $as -D "$work/remote/received" "$@" "127.0.0.1:$sink_port" 100 &
    remember $!
    await listens "$sink_port" || bad sink "nobody listens on port $sink_port"
}

# message SUBJECT [TO]: on standard output.
message()
{
    printf 'From: Tester <%s@%s>\nTo: <%s>\nSubject: %s\n\nbody of %s\n' \
        "$user" "$host" "${2:-$user@$host}" "$1" "$1"
}

# by_smtp TO SUBJECT [FROM]
by_smtp()
{
    message "$2" "$1" >"$work/message"
    "$inst/bin/smtp-source" -f "${3-$user@$host}" -t "$1" -F "$work/message" "127.0.0.1:$port"
}

# by_sendmail TO SUBJECT
by_sendmail() { message "$2" "$1" | "$inst/bin/sendmail" -i -f "$user@$host" -- "$1"; }

# queue_ids: of all messages in the queue.
queue_ids() { "$inst/bin/postqueue" -j | sed -n 's/.*"queue_id": *"\([^"]*\)".*/\1/p'; }

mailbox() { echo "$inst/mail/${1:-$user}"; }
in_mailbox() { grep -q -- "$1" "$(mailbox "${2:-$user}")" 2>/dev/null; }
