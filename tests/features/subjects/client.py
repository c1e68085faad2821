# SPDX-License-Identifier: ISC
"""client.py - the SMTP client: routes, timeouts, other servers' faults."""
import socket
import time

import smtp
from lab import (DEAD, HOST, REMOTE, REMOTE2, REMOTE3, REMOTE4, expect, has,
                 row, run, until)
from smtp import SILENCE, STOP_READING


def setup(lab):
    lab.conf("smtp_connection_cache_on_demand=no",
             "destination_concurrency_feedback_debug=no")
    lab.remote = smtp.Sink(REMOTE)
    lab.remote2 = smtp.Sink(REMOTE2)


@row("S049")
def relayhost(lab):
    sink = smtp.Sink(REMOTE3, 2525)
    with lab.settings("relayhost=[%s]:2525" % REMOTE3):
        word = lab.mail("u@anything.test")
        until(lambda: sink.got(word))
    sink.close()
    mx = smtp.Sink(REMOTE4)
    with lab.settings("relayhost=inner.test"):
        word = lab.mail("u@anything.test")
        until(lambda: mx.got(word))
    mx.close()


@row("S050")
def preference(lab):
    word = lab.mail("u@two.test")
    until(lambda: lab.remote2.got(word))
    lab.logged(r"to=<u@two.test>, relay=live.two.test\[%s\]:25.*status=sent"
               % REMOTE2)


@row("S303", "S304")
def best_mx(lab):
    lab.mail("u@selfmx.test", "joe@example.com")
    dsn, status, _ = lab.status("u@selfmx.test")
    assert (dsn, status) == ("5.4.6", "bounced")
    with lab.settings("best_mx_transport=local"):
        lab.arrived("joe", lab.mail("joe@selfmx.test"))


@row("S220")
def loops_to_itself(lab):
    sink = smtp.Sink(REMOTE3, GREETING="220 mail.example.com ESMTP",
                     EHLO="250 mail.example.com")
    lab.mail("u@[%s]" % REMOTE3, "joe@example.com")
    dsn, status, text = lab.status("u@[%s]" % REMOTE3)
    assert dsn == "5.4.6" and "loops back to myself" in text, (dsn, text)
    sink.close()


@row("S305", "S306")
def fallback(lab):
    sink = smtp.Sink(REMOTE3, 2525)
    with lab.settings("fallback_relay=[%s]:2525" % REMOTE3):
        for to in ("u@nosuch.invalid", "u@dead.test"):
            word = lab.mail(to)
            until(lambda: sink.got(word))
        lab.mail("u@selfmx.test", "joe@example.com")
        assert lab.status("u@selfmx.test")[0] == "5.4.6"
        done = run("postconf", "-n")
        has(done.stdout + done.stderr, "fallback_relay.*smtp_fallback_relay")
    sink.close()


@row("S307")
def mx_failure(lab):
    lab.mail("u@mxfail.test")
    assert lab.status("u@mxfail.test")[:2] == ("4.4.3", "deferred")
    lab.drop_all()
    with lab.settings("ignore_mx_lookup_error=yes"):
        word = lab.mail("u@mxfail.test")
        until(lambda: lab.remote2.got(word))


@row("S308")
def greeting_4xx(lab):
    sink = smtp.Sink(DEAD, GREETING="450 not now")
    with lab.settings("smtp_skip_4xx_greeting=no"):
        word = lab.mail("u@two.test")
        until(lambda: lab.remote2.got(word))
        done = run("postconf", "-n")
        has(done.stdout + done.stderr, "smtp_skip_4xx_greeting")
    sink.close()


@row("S309", "S320")
def quit_reply(lab):
    sink = smtp.Sink(REMOTE3, QUIT=SILENCE)
    word = lab.mail("u@[%s]" % REMOTE3)
    until(lambda: sink.got(word))
    until(lambda: sink.sessions[0].ended)
    with lab.settings("smtp_skip_quit_response=no", "smtp_quit_timeout=2s"):
        lab.begin()
        began = time.time()
        word = lab.mail("u@[%s]" % REMOTE3)
        until(lambda: sink.got(word))
        assert lab.status("u@[%s]" % REMOTE3)[1] == "sent"
        until(lambda: sink.sessions[-1].ended)
        assert time.time() - began > 1.2
    assert lab.postconf("-dh", "smtp_skip_quit_response") == "yes"
    sink.close()


def silent(lab, setting, phase, **replies):
    """The server falls silent: deferred after two seconds, saying when."""
    sink = smtp.Sink(REMOTE3, **replies)
    to = "u@[%s]" % REMOTE3
    with lab.settings(setting):
        lab.begin()
        began = time.time()
        if "big" in phase:
            phase = "message body"
            lab.mail(to, body=("x" * 70 + "\n") * 110000)
        else:
            lab.mail(to)
        dsn, status, text = lab.status(to)
        assert (dsn, status) == ("4.4.2", "deferred"), (dsn, status, text)
        assert time.time() - began > 1.5
        assert phase in text, text
        lab.drop_all()
    sink.close()
    return text


@row("S312")
def connect_timeout(lab):
    # A full queue of connections: packets are not answered.
    full = socket.socket()
    full.bind(("203.0.113.66", 25))
    full.listen(0)
    waiting = [socket.socket() for _ in range(3)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(("203.0.113.66", 25))
    time.sleep(0.2)
    with lab.settings("smtp_connect_timeout=2s"):
        began = time.time()
        lab.mail("u@black.test")
        dsn, status, _ = lab.status("u@black.test")
        assert (dsn, status) == ("4.4.1", "deferred")
        took = time.time() - began
        assert 1.5 < took < 28, took
    assert lab.postconf("-dh", "smtp_connect_timeout") == "30s"
    lab.drop_all()


@row("S313")
def helo_timeout(lab):
    silent(lab, "smtp_helo_timeout=2s", "greeting", GREETING=SILENCE)
    silent(lab, "smtp_helo_timeout=2s", "performing the EHLO handshake",
           EHLO=SILENCE)


@row("S314")
def mail_timeout(lab):
    silent(lab, "smtp_mail_timeout=2s", "MAIL FROM", MAIL=SILENCE)


@row("S315")
def rcpt_timeout(lab):
    silent(lab, "smtp_rcpt_timeout=2s", "RCPT TO", RCPT=SILENCE)


@row("S316")
def data_timeout(lab):
    silent(lab, "smtp_data_init_timeout=2s", "DATA", DATA=SILENCE)


@row("S317")
def transfer_timeout(lab):
    silent(lab, "smtp_data_xfer_timeout=2s", "big", DATA=STOP_READING)


@row("S318")
def done_timeout(lab):
    text = silent(lab, "smtp_data_done_timeout=2s", "end of data",
                  DOT=SILENCE)
    has(text, "more than once")


@row("S302")
def defaults(lab):
    for name, value in (("smtp_helo_timeout", "300s"),
                        ("smtp_mail_timeout", "300s"),
                        ("smtp_rcpt_timeout", "300s"),
                        ("smtp_data_init_timeout", "120s"),
                        ("smtp_data_xfer_timeout", "180s"),
                        ("smtp_data_done_timeout", "600s"),
                        ("smtp_quit_timeout", "300s"),
                        ("ignore_mx_lookup_error", "no"),
                        ("best_mx_transport", "")):
        assert lab.postconf("-dh", name) == value, name
    expect(lab.client().banner, "220")
    assert HOST
