# SPDX-License-Identifier: ISC
#
# lib.sh - an instance of the suite and one of Debian's Postfix, side by side.
# Sourced by the tests, after which "peer COMMAND..." runs one of its commands.
# $inst is ours, on $port; $other the peer's, on $peer_port.
. "$TOP/tests/e2e/lib.sh"

other=$work/p
peer_log=$other/log/maillog

has_peer()
{
    [ -n "${PEER:-}" ] && [ -x "$PEER/root/usr/sbin/postfix" ] && is_root
}

peer()
{
    MAIL_CONFIG=$other/etc PATH=$PEER/root/usr/sbin:$PATH "$@"
}

# The configuration of $PEER with folders of its own.
stage_peer()
{
    mkdir -p "$other/spool" "$other/data" "$other/mail" "$other/log" || exit 1
    cp -r "$PEER/etc" "$other/etc" || exit 1
    peer_port=$(free_port)
    sed -i "s/^127.0.0.1:[0-9]* inet/127.0.0.1:$peer_port inet/" "$other/etc/master.cf"
    peer postconf -e "queue_directory = $other/spool" \
        "data_directory = $other/data" "meta_directory = $other/etc" \
        "mail_spool_directory = $other/mail" \
        "maillog_file = $peer_log" "maillog_file_prefixes = $other/log" || exit 1
    chown postfix "$other/data"
    chmod 755 "$other"
    chmod 1777 "$other/mail"
    # Its commands write to the log as the user that they run as.
    : >"$peer_log" && chmod 666 "$peer_log"
}

start_peer()
{
    peer postfix start >"$work/peer.start" 2>&1 || {
        cat "$work/peer.start"
        bad start-peer "Debian's Postfix does not start"
        exit 1
    }
}
peer_pid() { tr -d ' \n' <"$other/spool/pid/master.pid" 2>/dev/null; }
stop_peer()
{
    [ -d "$other/etc" ] || return 0
    master=$(peer_pid)
    peer postfix stop >/dev/null 2>&1
    peer_gone() { ! kill -0 "${master:-0}" 2>/dev/null; }
    [ -z "$master" ] || await peer_gone
}
peer_seems_empty() { peer postqueue -p 2>/dev/null | grep -q 'queue is empty'; }
peer_queue_is_empty() { peer_seems_empty && peer_seems_empty; }

trap 'status=$?; stop_peer; (exit $status); finish' EXIT
