# SPDX-License-Identifier: ISC
#
# lib.sh - what the stories of tests/debian have in common. Sourced by them, in
# the fresh Debian.

set -u
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
unset MAIL_CONFIG TMPDIR
cd /test || exit 1
package=$(echo /test/postwain_*.deb)
failed=0

ok() { echo "ok $1"; }
bad()
{
    echo "FAIL $1: $2"
    failed=1
}
check()
{
    name=$1
    shift
    if "$@"; then ok "$name"; else bad "$name" "$*"; fi
}
await()
{
    tries=${AWAIT:-300}
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.2
    done
}

apt()
{
    echo "== apt-get $*" >>/test/apt.log
    apt-get -qqy -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-unsafe-io \
        --no-install-recommends \
        "$@" >>/test/apt.log 2>&1 </dev/null
}
policy() { printf '#!/bin/sh\nexit %s\n' "$1" >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d; }
state() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null; }
installed() { [ "$(state "$1")" = installed ]; }
intact() { [ -z "$(dpkg --audit)" ]; }
is_ours() { postfix --version 2>/dev/null | grep -q '^Postwain'; }
is_running() { postfix status >/dev/null 2>&1; }
is_down() { ! is_running && ! pgrep -u root -x master >/dev/null; } # Mailman has one, too

message() { printf 'From: <test@mx.example.org>\nTo: <%s>\nSubject: %s\n\nbody\n' "$1" "$2"; }
send() { message "$1" "$2" | sendmail -i -f test@mx.example.org "$1"; }
by_smtp()
{
    message "$1" "$2" >/test/message
    smtp-source -f test@mx.example.org -t "$1" -F /test/message 127.0.0.1:25
}
in_mailbox() { grep -qs -- "^Subject: $1" "/var/mail/${2:-test}"; }
