# SPDX-License-Identifier: ISC
#
# tables.sh - lookups with postmap in tables that a server of the test's own
# has. Sourced by tables_*.test.
. "$(dirname "$0")/lib.sh"

postmap=${POSTMAP:-$BUILD/bin/postmap}
here=$work/server
mkdir "$here" "$work/etc"
: >"$work/etc/master.cf"
: >"$work/etc/main.cf"
MAIL_CONFIG=$work/etc
export MAIL_CONFIG
! is_root || chown nobody "$here"

trap 'exit 1' PIPE

# As an ordinary user, for servers that root may not run.
as_user()
{
    if is_root; then
        exec setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"
    else
        exec "$@"
    fi
}

# run_server COMMAND...: in the background; its pid in $server.
run_server()
{
    (cd "$here" && HOME=$here as_user "$@") >"$work/server.log" 2>&1 5>&- &
    server=$!
    remember $server
}

# In place of show_log, at failures.
show_log() { tail -n 40 "$work/server.log" 2>/dev/null; }

# need NAME PROGRAM...: ends the test if one is not installed.
need()
{
    test=$1
    shift
    for program; do
        command -v "$program" >/dev/null && continue
        skip "$test" "$program is not installed"
        exit 0
    done
    "$postmap" -q x "$test:/nonexistent" 2>&1 | grep -q 'unsupported dictionary type' || return 0
    skip "$test" "this build was made without $test tables"
    exit 0
}

# settings NAME: from standard input.
settings() { cat >"$work/etc/$1.cf"; }

query() { "$postmap" -q "$2" "$type:$work/etc/$1.cf" >"$work/out" 2>"$work/err"; }

# gives NAME SETTINGS KEY RESULT
gives()
{
    query "$2" "$3"
    status=$?
    if [ $status -eq 0 ] && [ "$(cat "$work/out")" = "$4" ]; then ok "$1"; else
        bad "$1" "status $status, \"$(cat "$work/out")\", not \"$4\"; $(cat "$work/err")"
    fi
}

# absent NAME SETTINGS KEY: not there, and no error.
absent()
{
    query "$2" "$3"
    status=$?
    if [ $status -eq 1 ] && [ ! -s "$work/out" ] && ! grep -q 'fatal:' "$work/err"; then ok "$1"; else
        bad "$1" "status $status, \"$(cat "$work/out")\"; $(cat "$work/err")"
    fi
}

# fails NAME SETTINGS KEY TEXT: an error that says TEXT.
fails()
{
    query "$2" "$3"
    status=$?
    if [ $status -ne 0 ] && [ ! -s "$work/out" ] && grep -q 'fatal:' "$work/err" &&
        grep -q -- "$4" "$work/err"; then ok "$1"; else
        bad "$1" "status $status, \"$(cat "$work/out")\"; $(cat "$work/err")"
    fi
}

end_server()
{
    kill "$server" && wait "$server" 2>/dev/null
    :
}

# dies_in_use SETTINGS KEY VALUE: the server behind $port, at port $between in
# SETTINGS, is killed when the question is on its way.
between=$(free_port)
dies_in_use()
{
    python3 "$TOP/tests/e2e/cut.py" "$between" "$port" "$work" "$2" >"$work/cut.log" 2>&1 &
    remember $!
    await query "$1" "$2"
    gives in-use-before "$1" "$2" "$3"
    : >"$work/cut"
    fails in-use-is-an-error "$1" "$2" fatal:
    check in-use-was-cut test -e "$work/was-cut"
    rm "$work/cut" "$work/was-cut"
    await query "$1" "$2"
    gives in-use-again "$1" "$2" "$3"
}

# What all SQL tables have in common; "base" has the settings of the server.
# The table: t (k, v).
sql_rows="('joe@example.com','joe1'),('joe@example.com','joe2@x.org'),('two','2'),('JOE','J'),
('o''b','quote'),('b\\\\c','backslash'),('empty',''),('null',NULL)"

sql_variant()
{
    { cat "$work/etc/base.cf"; cat; } | settings "$1"
}

# variant NAME SETTING: the base without SETTING, and standard input.
variant() { { grep -v "^$2" "$work/etc/base.cf"; cat; } | settings "$1"; }

sql_tests()
{
    gives found base two 2
    gives several base joe@example.com joe1,joe2@x.org
    gives folded base joe J
    absent absent base nobody
    absent empty base empty
    absent null base null
    gives quote base "o'b" quote
    gives backslash base 'b\c' backslash
    absent inject-1 base "x' OR '1'='1"
    absent inject-2 base "\\' OR 1=1 -- "
    absent inject-3 base "x'; DROP TABLE t; -- "
    gives not-dropped base two 2

    echo 'result_format = [%u|%d|%U|%S|%1] %%' | sql_variant format
    gives format format joe@example.com '[joe2|x.org|joe|joe@example.com|com] %'
    absent format-needs-domain format two
    echo 'expansion_limit = 1' | sql_variant limit
    gives limit-one limit two 2
    fails limit-two limit joe@example.com 'Expansion limit exceeded for key'
    echo 'domain = example.com, inline:{x.org=y}' | sql_variant domain
    gives domain domain joe@example.com joe1,joe2@x.org
    absent domain-other domain two@other.example
    absent domain-none domain two
    absent domain-no-user domain @example.com
    echo 'domain = fail:x' | sql_variant baddomain
    fails domain-fails baddomain joe@example.com 'domain'
    echo "query = SELECT v FROM t WHERE k = '%u' AND 'b' = '%2'" | sql_variant parts
    gives parts parts two@b.c 2
    absent parts-short parts two@c
    absent parts-inject parts "x' OR 'a'='a@b.c"
    { grep -v '^query' "$work/etc/base.cf"
        printf '%s\n' 'table = t' 'select_field = v' 'where_field = k' "additional_conditions = AND v <> 'joe1'"
    } | settings old
    gives old-settings old joe@example.com joe2@x.org
    echo 'query = SELECT v FROM nosuchtable' | sql_variant badquery
    fails bad-query badquery two 'nosuchtable'
    echo 'result_format = %z' | sql_variant badformat
    fails bad-format badformat two 'Invalid result template: %z'
    echo 'expansion_limit = many' | sql_variant badnumber
    fails bad-number badnumber two 'bad numerical configuration: expansion_limit = many'
    echo 'bogus' | sql_variant badline
    fails bad-line badline two "missing '=' after attribute name: \"bogus\""
    fails no-file nosuchfile two 'No such file or directory'
    grep -v '^query' "$work/etc/base.cf" | settings noquery
    fails no-query noquery two 'bad string length 0 < 1: table ='

    sed "s/^/inmain_/" "$work/etc/base.cf" >>"$work/etc/main.cf"
    check in-main.cf [ "$("$postmap" -q two "$type:inmain")" = 2 ]
    check many-keys [ "$(printf 'two\nnobody\nJOE\n' | "$postmap" -q - "$type:inmain" | tr '\t\n' '= ')" = "two=2 JOE=J " ]
}
