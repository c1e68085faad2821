# SPDX-License-Identifier: ISC
"""access.py - the restriction lists of the SMTP server."""
import os
import re

from lab import (LIAR, NAMEFAIL, NAMELESS, STRANGER, TRUSTED, expect, has,
                 row, run)

RELAY = "smtpd_relay_restrictions="
OPEN = RELAY + "check_client_access static:OK, reject"  # decides nothing
LISTS = ["smtpd_client_restrictions", "smtpd_helo_restrictions",
         "smtpd_sender_restrictions", "smtpd_recipient_restrictions"]


def setup(lab):
    lab.conf("relay_domains=relay.test", "maps_rbl_domains=rbl2.test, rbl.test")


def server(lab, words, stage="recipient", *settings):
    return lab.smtpd("smtpd_%s_restrictions=%s" % (stage, words), OPEN,
                     *settings)


def refuses_as_wrong(lab, port, words, to="joe@example.com"):
    """The answer to what cannot be understood, and the line in the log."""
    expect(lab.rcpt(to, port=port), "451 4.3.5")
    lab.logged(words)


# ---- Lists

@row("S341", "S266", "S296")
def client_list(lab):
    expect(lab.rcpt("joe@example.com", port=server(lab, "reject", "client")),
           "554 5.7.1")
    port = server(lab, "reject", "client", "smtpd_delay_reject=no")
    expect(lab.client(port=port).banner, "554 5.7.1")
    port = server(lab, "reject", "client", "reject_code=550")
    expect(lab.rcpt("joe@example.com", port=port), "550 5.7.1")


@row("S240")
def four_lists(lab):
    for name in LISTS:
        assert lab.postconf("-d", name) == name + " ="


@row("S270")
def no_policy(lab):
    expect(lab.client(NAMELESS).banner, "220")
    expect(lab.rcpt("joe@example.com", source=NAMELESS), "250")


@row("S272")
def helo_list(lab):
    port = server(lab, "reject_invalid_hostname", "helo")
    expect(lab.helo("bad_-name!", port), "501 5.5.2")
    port = server(lab, "reject_invalid_hostname", "helo",
                  "smtpd_delay_reject=no")
    expect(lab.client(port=port)("HELO bad_-name!"), "501 5.5.2")


@row("S274", "S247", "S248")
def sender_list(lab):
    table = lab.table("senders", "ok.test REJECT\nbad@ REJECT\n"
                      "<> REJECT null\n")
    port = server(lab, "check_sender_access " + table, "sender")
    for sender in ("a@ok.test", "u@sub.ok.test", "bad@zzz.test", ""):
        expect(lab.rcpt("joe@example.com", sender, port=port), "554 5.7.1")
    expect(lab.rcpt("joe@example.com", "good@zzz.test", port=port), "250")


@row("S340", "S342", "S343", "S345")
def order(lab):
    tables = {n: lab.table("order_" + n, key + " REJECT text-" + n + "\n")
              for n, key in (("client", STRANGER), ("helo", "h.test"),
                             ("sender", "s.test"), ("recipient",
                                                    "joe@example.com"))}
    stages = ["client", "helo", "sender", "recipient"]
    ports = lab.smtpds([
        ["smtpd_%s_restrictions=check_%s_access %s" % (s, s, tables[s])
         for s in stages[first:]] + [OPEN] for first in range(4)])
    for stage, port in zip(stages, ports):
        has(lab.rcpt("joe@example.com", "a@s.test", port=port, helo="h.test"),
            "^554 5.7.1 .*text-" + stage)


@row("S344", "S280", "S288")
def relay_before_recipient(lab):
    table = lab.table("r1", "x@elsewhere.test REJECT R1\n")
    ports = lab.smtpds([
        [RELAY + "reject_unauth_destination",
         "smtpd_recipient_restrictions=check_recipient_access " + table],
        [RELAY + "reject_unauth_destination",
         "smtpd_relay_before_recipient_restrictions=no",
         "smtpd_recipient_restrictions=check_recipient_access " + table],
        [RELAY, "smtpd_recipient_restrictions=permit_mynetworks, permit"]])
    said = lab.rcpt("x@elsewhere.test", port=ports[0])
    expect(said, "554 5.7.1")
    assert "R1" not in said
    has(lab.rcpt("x@elsewhere.test", port=ports[1]), "R1")
    try:
        said = lab.client(port=ports[2], timeout=2).banner
    except TimeoutError:
        said = ""
    assert not said.startswith("220"), said
    lab.logged(r"fatal: in parameter smtpd_relay_restrictions or smtpd_recip")


@row("S346", "S262")
def ok_ends_one_list(lab):
    table = lab.table("oks", "%s OK\n" % STRANGER)
    senders = lab.table("okreject", "ok.test REJECT sender-text\n")
    ports = lab.smtpds([
        ["smtpd_client_restrictions=check_client_access %s, reject" % table,
         OPEN],
        ["smtpd_client_restrictions=check_client_access %s, reject" % table,
         "smtpd_sender_restrictions=check_sender_access " + senders, OPEN]])
    expect(lab.rcpt("joe@example.com", port=ports[0]), "250")
    expect(lab.rcpt("joe@example.com", port=ports[0], source=NAMELESS), "554")
    has(lab.rcpt("joe@example.com", port=ports[1]), "^554 .*sender-text")


@row("S347")
def dunno(lab):
    table = lab.table("dunno", "sub.ok.test DUNNO\nok.test REJECT\n")
    ports = lab.smtpds([
        ["smtpd_sender_restrictions=check_sender_access %s, reject" % table,
         OPEN],
        ["smtpd_sender_restrictions=check_sender_access %s" % table, OPEN]])
    expect(lab.rcpt("joe@example.com", "a@sub.ok.test", port=ports[0]), "554")
    expect(lab.rcpt("joe@example.com", "a@sub.ok.test", port=ports[1]), "250")
    expect(lab.rcpt("joe@example.com", "a@ok.test", port=ports[1]), "554")


@row("S348")
def lists_before_patterns(lab):
    checks = lab.table("hc", "/^Subject:/ WARN seen-here\n", "regexp")
    with lab.settings(header_checks=checks):
        port = server(lab, "reject", "client")
        expect(lab.rcpt("joe@example.com", port=port), "554")
        lab.not_logged("seen-here")
        lab.mail("joe@example.com")
        lab.logged("seen-here")


# ---- Generic restrictions

@row("S265")
def permit(lab):
    port = server(lab, "permit, reject", "client")
    expect(lab.rcpt("joe@example.com", port=port), "250")
    lab.logged(r"warning: .*reject.* after .*permit.* is ignored")


@row("S267")
def warn_if_reject(lab):
    port = server(lab, "warn_if_reject reject", "client")
    expect(lab.rcpt("joe@example.com", port=port), "250")
    lab.logged(r"reject_warning: RCPT from client.ok.test.*554 5.7.1")


@row("S268")
def pipelining(lab):
    port = lab.smtpd("smtpd_forbid_unauth_pipelining=no",
                     "smtpd_data_restrictions=reject_unauth_pipelining")
    client = lab.client(port=port)
    client("HELO x")
    client("MAIL FROM:<a@ok.test>")
    client("RCPT TO:<joe@example.com>")
    client.send("DATA\r\nSubject: early\r\n\r\n.\r\n")
    expect(client.read(), "503 5.5.0")
    client = lab.client()
    client.send("HELO x\r\nMAIL FROM:<a@ok.test>\r\n")
    has(client.read() + "\n" + client.read(), "^554 5.5.0")


# ---- The client

@row("S241", "S242")
def mynetworks(lab):
    port = server(lab, "permit_mynetworks, reject")
    expect(lab.rcpt("joe@example.com", source=TRUSTED, port=port), "250")
    expect(lab.rcpt("joe@example.com", port=port), "554 5.7.1")
    expect(lab.rcpt("joe@example.com", "joe@example.com", port=port),
           "554 5.7.1")


@row("S243", "S244", "S299")
def unknown_client(lab):
    ports = lab.smtpds([
        ["smtpd_client_restrictions=reject_unknown_client"],
        ["smtpd_client_restrictions=reject_unknown_client_hostname",
         "unknown_client_reject_code=550"],
        ["smtpd_client_restrictions=reject_unknown_reverse_client_hostname"]])
    for source in (NAMELESS, LIAR):
        expect(lab.rcpt("joe@example.com", source=source, port=ports[0]),
               "450 4.7.25")
        expect(lab.rcpt("joe@example.com", source=source, port=ports[1]),
               "550 5.7.25")
    expect(lab.rcpt("joe@example.com", source=NAMEFAIL, port=ports[1]),
           "450 4.7.25")
    expect(lab.rcpt("joe@example.com", port=ports[0]), "250")
    expect(lab.rcpt("joe@example.com", source=LIAR, port=ports[2]), "250")
    expect(lab.rcpt("joe@example.com", source=NAMELESS, port=ports[2]), "450")


@row("S245", "S246")
def client_access(lab):
    services = []
    for i, key in enumerate(("client.ok.test", "test", "198.51.100.7",
                             "198.51.100", ".test")):
        table = lab.table("client%d" % i, key + " REJECT\n")
        services.append(["smtpd_client_restrictions=check_client_access "
                         + table])
    ports = lab.smtpds(services)
    for port in ports[:4]:
        expect(lab.rcpt("joe@example.com", port=port), "554 5.7.1")
    expect(lab.rcpt("joe@example.com", port=ports[4]), "250")
    expect(lab.rcpt("joe@example.com", port=ports[0], source=NAMELESS), "250")


@row("S250", "S251")
def rbl(lab):
    port = server(lab, "reject_rbl_client rbl.test", "client")
    said = lab.rcpt("joe@example.com", port=port)
    expect(said, "554 5.7.1 Service unavailable; Client host [198.51.100.7] "
           "blocked using rbl.test")
    assert "seen sending junk" in said
    expect(lab.rcpt("joe@example.com", port=port, source=NAMELESS), "250")


@row("S249", "S290", "S269", "S271")
def maps_rbl(lab):
    ports = lab.smtpds([
        ["smtpd_client_restrictions=reject_maps_rbl"],
        ["smtpd_client_restrictions=reject_maps_rbl",
         "maps_rbl_reject_code=571"],
        ["smtpd_client_restrictions=maps_rbl_reject_code"],
        ["smtpd_client_restrictions=reject_unknown_client, permit_mynetworks,"
         "check_client_access inline:{x=OK}, reject_maps_rbl, "
         "reject_unauth_pipelining, warn_if_reject reject, permit"]])
    said = lab.rcpt("joe@example.com", port=ports[0])
    expect(said, "554 5.7.1")
    assert "rbl2.test" in said  # the first of the list
    expect(lab.rcpt("joe@example.com", port=ports[0], source=NAMELESS), "250")
    lab.logged("warning: .*reject_maps_rbl.*reject_rbl_client")
    expect(lab.rcpt("joe@example.com", port=ports[1]), "571 5.7.1")
    refuses_as_wrong(lab, ports[2],
                     "unknown .*restriction.*maps_rbl_reject_code")
    expect(lab.rcpt("joe@example.com", port=ports[3], source=TRUSTED), "250")
    lab.logged("connect from trusted")


# ---- HELO

@row("S252", "S253", "S295")
def invalid_helo(lab):
    ports = lab.smtpds([
        ["smtpd_helo_restrictions=reject_invalid_hostname"],
        ["smtpd_helo_restrictions=reject_invalid_helo_hostname",
         "invalid_hostname_reject_code=550"]])
    for name in ("bad_-name!", "-x", "[999.1.1.1]"):
        expect(lab.helo(name, ports[0]), "501 5.5.2")
        expect(lab.helo(name, ports[1]), "550 5.5.2")
    for name in ("ok.test", "[1.2.3.4]"):
        expect(lab.helo(name, ports[0]), "250")
    expect(lab.helo("", ports[0]), "250")


@row("S254", "S255")
def naked_address(lab):
    ports = lab.smtpds([
        ["smtpd_helo_restrictions=permit_naked_ip_address, reject"],
        ["smtpd_helo_restrictions=reject_non_fqdn_hostname"]])
    expect(lab.helo("1.2.3.4", ports[0]), "250")
    expect(lab.helo("ok.test", ports[0]), "554")
    lab.logged("warning: .*permit_naked_ip_address.*permit_mynetworks")
    expect(lab.helo("1.2.3.4", ports[1]), "504 5.5.2")


@row("S256", "S300")
def unknown_helo(lab):
    ports = lab.smtpds([
        ["smtpd_helo_restrictions=reject_unknown_hostname"],
        ["smtpd_helo_restrictions=reject_unknown_helo_hostname",
         "unknown_hostname_reject_code=550"]])
    expect(lab.helo("nosuch.invalid", ports[0]), "450 4.7.1")
    expect(lab.helo("nosuch.invalid", ports[1]), "550 5.7.1")
    expect(lab.helo("ok.test", ports[0]), "250")
    expect(lab.helo("[1.2.3.4]", ports[0]), "250")


@row("S257")
def non_fqdn_helo(lab):
    port = server(lab, "reject_non_fqdn_hostname", "helo")
    for name in ("short", "1.2.3.4"):
        expect(lab.helo(name, port), "504 5.5.2")
    for name in ("ok.test", "[1.2.3.4]"):
        expect(lab.helo(name, port), "250")


@row("S258")
def helo_access(lab):
    table = lab.table("helo", "test REJECT\n")
    port = server(lab, "check_helo_access " + table, "helo")
    expect(lab.helo("ok.test", port), "554 5.7.1")
    expect(lab.helo("ok.example", port), "250")


@row("S273")
def helo_keywords(lab):
    port = server(
        lab, "reject_invalid_hostname, reject_unknown_hostname, "
        "reject_non_fqdn_hostname, check_helo_access inline:{x=OK}, "
        "permit_naked_ip_address, reject_maps_rbl, reject_unknown_client, "
        "check_client_access inline:{x=OK}, reject_unauth_pipelining, "
        "warn_if_reject reject, permit", "helo", "maps_rbl_domains=")
    expect(lab.helo("ok.test", port), "250")
    expect(lab.helo("bad_-name!", port), "501")


@row("S278")
def sender_keywords(lab):
    port = server(
        lab, "permit_mynetworks, reject_unknown_client, reject_maps_rbl, "
        "reject_invalid_hostname, reject_unknown_hostname, "
        "reject_unknown_sender_domain, check_sender_access inline:{x=OK}, "
        "check_client_access inline:{x=OK}, check_helo_access inline:{x=OK},"
        "reject_non_fqdn_hostname, reject_non_fqdn_sender, permit", "sender",
        "maps_rbl_domains=")
    expect(lab.rcpt("joe@example.com", port=port), "250")
    expect(lab.rcpt("joe@example.com", port=port, helo="bad_-name!"), "501")
    expect(lab.rcpt("joe@example.com", "a@short", port=port), "450 4.1.8")


@row("S239")
def etrn_keywords(lab):
    port = server(
        lab, "check_etrn_access inline:{x=OK}, permit_naked_ip_address, "
        "reject_invalid_hostname, check_helo_access inline:{x=OK}, "
        "reject_maps_rbl, reject_unknown_client, permit_mynetworks, "
        "check_client_access inline:{x=OK}, warn_if_reject reject, "
        "reject_unauth_pipelining, permit, reject", "etrn",
        "maps_rbl_domains=")
    client = lab.client(port=port)
    client("EHLO x.test")
    expect(client("ETRN relay.test"), "250")
    client = lab.client(NAMELESS, port)
    client("EHLO x.test")
    expect(client("ETRN relay.test"), "450")


# ---- Sender

@row("S275")
def colon(lab):
    port = lab.smtpd("smtpd_sender_restrictions=permit_mynetworks:")
    refuses_as_wrong(lab, port, "permit_mynetworks:")


@row("S276", "S298")
def unknown_sender(lab):
    ports = lab.smtpds([
        ["smtpd_sender_restrictions=reject_unknown_sender_domain"],
        ["smtpd_sender_restrictions=reject_unknown_sender_domain",
         "unknown_address_reject_code=550"]])
    expect(lab.rcpt("joe@example.com", "a@nosuch.invalid", port=ports[0]),
           "450 4.1.8")
    expect(lab.rcpt("joe@example.com", "a@nosuch.invalid", port=ports[1]),
           "550 5.1.8")
    for sender in ("", "joe@example.com", "a@ok.test"):
        expect(lab.rcpt("joe@example.com", sender, port=ports[0]), "250")


@row("S277")
def non_fqdn_sender(lab):
    port = server(lab, "reject_non_fqdn_sender", "sender")
    for sender in ("a@short", "a"):
        expect(lab.rcpt("joe@example.com", sender, port=port), "504 5.5.2")
    expect(lab.rcpt("joe@example.com", "", port=port), "250")


# ---- Recipient

@row("S281")
def check_relay_domains(lab):
    port = lab.smtpd(RELAY,
                     "smtpd_recipient_restrictions=check_relay_domains")
    expect(lab.rcpt("x@elsewhere.test", port=port), "554 5.7.1")
    for to in ("joe@example.com", "x@relay.test", "x@sub.relay.test"):
        expect(lab.rcpt(to, port=port), "250")
    lab.logged("warning: .*check_relay_domains.*reject_unauth_destination")


@row("S282")
def auth_destination(lab):
    port = server(lab, "permit_auth_destination, reject")
    expect(lab.rcpt("joe@example.com", port=port), "250")
    expect(lab.rcpt("x@relay.test", port=port), "250")
    for to in ("x@elsewhere.test", "x%elsewhere.test@relay.test",
               '"x@elsewhere.test"@relay.test', "elsewhere.test!x@relay.test",
               "@relay.test:x@elsewhere.test"):
        expect(lab.rcpt(to, port=port), "554 5.7.1")


@row("S283")
def mx_backup(lab):
    port = server(lab, "permit_mx_backup, reject")
    expect(lab.rcpt("x@backup.test", port=port), "250")
    expect(lab.rcpt("x@notbackup.test", port=port), "554 5.7.1")
    expect(lab.rcpt("x@selfmx.test", port=port), "554 5.7.1")
    lab.logged("warning: .*permit_mx_backup")


@row("S284")
def unknown_recipient_keyword(lab):
    port = lab.smtpd("smtpd_recipient_restrictions=reject_unknown_recipient")
    expect(lab.rcpt("a@nosuch.invalid", source=TRUSTED, port=port),
           "450 4.1.2")
    expect(lab.rcpt("joe@example.com", port=port), "250")
    lab.logged("warning: .*reject_unknown_recipient_domain")


@row("S285")
def unknown_recipient(lab):
    port = server(lab, "reject_unknown_recipient_domain")
    expect(lab.rcpt("a@nosuch.invalid", port=port), "450 4.1.2")
    expect(lab.rcpt("joe@example.com", port=port), "250")


@row("S286", "S259")
def recipient_access(lab):
    table = lab.table("rcpt", "ann@example.com REJECT\n"
                      "joe@example.com REJECT own words\n")
    port = server(lab, "check_recipient_access " + table)
    expect(lab.rcpt("ann@example.com", port=port), "554 5.7.1 "
           "<ann@example.com>: Recipient address rejected: Access denied")
    expect(lab.rcpt("joe@example.com", port=port), "554 5.7.1 "
           "<joe@example.com>: Recipient address rejected: own words")
    expect(lab.rcpt("bob@example.com", port=port), "250")


@row("S287")
def non_fqdn_recipient(lab):
    port = server(lab, "reject_non_fqdn_recipient")
    expect(lab.rcpt("joe", port=port), "504 5.5.2")
    lab.aliases("")
    expect(lab.rcpt("postmaster", port=port), "250")


@row("S291", "S292")
def relay_domains(lab):
    for to in ("x@relay.test", "x@sub.relay.test"):
        expect(lab.rcpt(to), "250")
    port = lab.smtpd("relay_domains=client.ok.test")
    expect(lab.rcpt("x@elsewhere.test", port=port), "454 4.7.1")
    assert lab.postconf("-dh", "relay_domains") == \
        "${{$compatibility_level} <level {2} ? {$mydestination} : {}}"


# ---- Actions of access tables

@row("S260", "S261", "S263", "S264", "S294")
def actions(lab):
    table = lab.table("acts", """
busy@   450 busy now
five@   550 5.9.9 custom
four@   450 4.9.8 custom
bye@    521 5.7.9 go away
later@  421 4.7.9 go away
relay@  RELAY
12345@  12345
reject@ REJECT
""")
    ports = lab.smtpds([
        ["smtpd_sender_restrictions=check_sender_access %s, reject" % table,
         "access_map_reject_code=550"]])
    for user, want in (("busy", "450 4.7.1 "), ("five", "550 5.9.9 "),
                       ("four", "450 4.9.8"), ("relay", "250"),
                       ("12345", "250"), ("reject", "550 5.7.1")):
        expect(lab.rcpt("joe@example.com", user + "@x.test", port=ports[0]),
               want)
    for user, want in (("bye", "521 5.7.9"), ("later", "421 4.7.9")):
        client = lab.client(port=ports[0])
        expect(client.envelope(user + "@x.test", "joe@example.com"), want)
        assert client.at_end()


@row("S293")
def code_parameters(lab):
    port = server(lab, "reject", "client", "reject_code=250")
    expect(lab.rcpt("joe@example.com", port=port), "450 4.7.1")
    lab.logged("warning: .*250")
    codes = {"relay_domains_reject_code": ("554", "x@elsewhere.test",
                                           "reject_unauth_destination"),
             "non_fqdn_reject_code": ("504", "joe",
                                      "reject_non_fqdn_recipient")}
    for name, (default, to, words) in codes.items():
        assert lab.postconf("-dh", name) == default
        port = lab.smtpd(name + "=577", RELAY,
                         "smtpd_recipient_restrictions=%s, reject" % words)
        expect(lab.rcpt(to, port=port), "577 5.")


@row("S297")
def relay_code(lab):
    ports = lab.smtpds([
        [RELAY + "reject_unauth_destination", "relay_domains_reject_code=571"],
        [RELAY + "defer_unauth_destination", "relay_domains_reject_code=571"]])
    expect(lab.rcpt("x@elsewhere.test", port=ports[0]), "571 5.7.1")
    expect(lab.rcpt("x@elsewhere.test", port=ports[1]), "471 4.7.1")


# ---- What nobody can understand

@row("S089", "S090")
def networks(lab):
    path = lab.file("nets", "198.51.100.0/24\n")
    ports = lab.smtpds([
        ["mynetworks=198.51.100.7/24"], ["mynetworks=198.51.100.0/24"],
        ["mynetworks=" + path]])
    expect(lab.rcpt("x@elsewhere.test", port=ports[0]), "451 4.3.0")
    lab.logged("warning: .*198.51.100.7/24")
    for port in ports[1:]:
        expect(lab.rcpt("x@elsewhere.test", port=port), "250")
        expect(lab.rcpt("x@elsewhere.test", port=port, source=TRUSTED), "454")


@row("S103", "S149")
def tables_without_type(lab):
    for name in ("relocated_maps", "transport_maps"):
        with lab.settings("%s=%s/x" % (name, lab.etc)):
            lab.begin()
            expect(lab.rcpt("joe@example.com"), "451 4.3.")
            lab.logged("error: |warning: |fatal: ")
    table = lab.table("relocated", "gone@example.com gone@new.test\n")
    with lab.settings(relocated_maps=table):
        expect(lab.rcpt("gone@example.com"), "550 5.1.6")


@row("S047")
def misspelled(lab):
    checks = lab.etc + "/main.cf"
    with lab.settings("smtpd_sender_restrictions=permit_mynetwork"):
        expect(lab.rcpt("joe@example.com"), "451 4.3.5")
        lab.logged(r"permit_mynetwork\b")
        lab.logged(re.escape(checks) + r", line \d+")
        done = run("postfix", "check", check=False)
        has(done.stdout + done.stderr + lab.log(), r"line \d+.*permit_mynetw")
    assert os.path.exists(checks)
