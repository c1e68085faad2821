# SPDX-License-Identifier: ISC
#
# suites.sh - the same commands run with both suites, and the outcomes compared.
# Sourced by tests of tables, which name themselves in $test. $PEER is the
# folder that Postfix's packages were unpacked in.

ours=$BUILD/bin
PEER=${PEER:-/nonexistent}
theirs=$PEER/usr/sbin
[ -x "$theirs/postmap" ] || theirs=$PEER/root/usr/sbin
if [ ! -x "$theirs/postmap" ]; then
    echo "skip $test: no Postfix to compare with in \$PEER"
    exit 0
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0

mkdir "$work/etc" "$work/ours" "$work/theirs"
cat >"$work/etc/main.cf" <<CF
compatibility_level = 3.6
queue_directory = $work
data_directory = $work
meta_directory = $work/etc
shlib_directory = ${theirs%/sbin}/lib/postfix
myhostname = host.example.com
CF
for type in cdb lmdb pcre; do
    plugin=${theirs%/sbin}/lib/postfix/postfix-$type.so
    [ -e "$plugin" ] && printf '%s\t%s\tdict_%s_open\tmkmap_%s_open\n' \
        $type "$plugin" $type $type
done | sed '/^pcre/s/	mkmap.*/	/' >"$work/etc/dynamicmaps.cf"
MAIL_CONFIG=$work/etc
export MAIL_CONFIG

has_type()
{
    "$theirs/postmap" -q x "$1:$work/none" 2>&1 | grep -q 'unsupported' &&
        return 1
    "$ours/postmap" -q x "$1:$work/none" 2>&1 | grep -q 'unsupported' &&
        return 1
    return 0
}

# What differs by design: 3.12 names domains in its warning, an alias keeps its
# quotes, time stamps; ours says what to do about it.
normal()
{
    sed -e 's/ and have no domain$//' -e 's/ -- ignoring .*; remove it, .*//' \
        -e 's/ -- make it .*//' -e 's/ -- the file is damaged.*//' \
        -e 's/ -- line [0-9]* has it, too.*//' -e 's/ -- ignoring this rule.*//' \
        -e 's/ -- specify .pattern.*//' -e 's/ -- add one where .*//' \
        -e 's/ -- correct it: .*//' -e '/^YP_LAST_MODIFIED/d' "$1" | sort
}

# same NAME COMMAND: run it in both folders with both suites.
same()
{
    name=$1
    for suite in ours theirs; do
        eval "programs=\$$suite"
        (cd "$work/$suite" && PATH=$programs:$PATH && eval "$2") \
            >"$work/$suite.out" 2>"$work/$suite.err"
        echo "status $?" >>"$work/$suite.out"
        normal "$work/$suite.out" >"$work/$suite.result"
        normal "$work/$suite.err" >>"$work/$suite.result"
    done
    if diff "$work/theirs.result" "$work/ours.result" >"$work/diff"; then
        echo "ok $name"
        return
    fi
    failures=$((failures + 1))
    cat "$work/diff"
    echo "FAIL $name: differs from Postfix (<)"
}

# equal NAME COMMAND1 COMMAND2: the same output?
equal()
{
    name=$1
    eval "$2" >"$work/one" 2>&1
    eval "$3" >"$work/two" 2>&1
    if [ -s "$work/one" ] && diff "$work/one" "$work/two"; then
        echo "ok $name"
        return
    fi
    failures=$((failures + 1))
    echo "FAIL $name: not equal"
}
