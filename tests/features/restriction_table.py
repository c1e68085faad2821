# SPDX-License-Identifier: ISC
"""restriction_table.py - what each restriction says, and to whom.

A row is one SMTP server of its own: a name, the settings that it has beside
OPEN, and cases, each the begin of the reply that an envelope gets. "=" at the
begin of a reply means: just that. `log` is a pattern for the log.
"""
from lab import (LIAR, NAMEFAIL, NAMELESS, SERVED, STRANGER, TRUSTED)

# Not "permit": the check at start wants a list that can refuse.
OPEN = "smtpd_relay_restrictions=check_client_access static:ok, reject"
OK = "=250 2.1.5 Ok"
CONFIG = "=451 4.3.5 Server configuration error"
ROWS = []
# What Debian's Postfix, of an earlier release, does otherwise.
DIFFERENT = {
    "restriction_class_loop": "its server runs out of stack",
    "trailing_colon": "its server ends",
    "sleep_nonsense": "its log does not have the word",
    "reject_unknown_recipient": "a name from before its time",
}


class Case:
    def __init__(self, want, source=STRANGER, helo="client.ok.test",
                 sender="user@ok.test", to="joe@example.com", log=None,
                 stage="RCPT", also=()):
        self.want, self.source, self.helo = want, source, helo
        self.sender, self.to, self.log = sender, to, log
        self.stage, self.also = stage, also


C = Case


def row(name, restrictions, *cases, **settings):
    """restrictions: "<list>: <words>", list being client, recipient, ..."""
    chosen = [OPEN]
    for text in [restrictions] if isinstance(restrictions, str) \
            else restrictions:
        stage, words = text.split(": ", 1)
        chosen = [c for c in chosen if stage != "relay"]
        chosen.append("smtpd_%s_restrictions=%s" % (stage, words))
    chosen += ["%s=%s" % s for s in settings.items()]
    ROWS.append((name, chosen, cases))


# ---- generic

row("permit", "client: permit, reject",
    C(OK, log=r"warning: restriction .reject. after .permit. is ignored"))
row("reject", "client: reject",
    C("=554 5.7.1 <client.ok.test[198.51.100.7]>: Client host rejected: "
      "Access denied",
      log=r"NOQUEUE: reject: RCPT from client.ok.test\[198.51.100.7\]: 554 "
      r"5.7.1 <client.ok.test\[198.51.100.7\]>: Client host rejected: Access "
      r"denied; from=<user@ok.test> to=<joe@example.com> proto=ESMTP "
      r"helo=<client.ok.test>"))
row("reject_code", "helo: reject",
    C("=571 5.7.1 <client.ok.test>: Helo command rejected: Access denied"),
    reject_code="571")
row("reject_sender_list", "sender: reject",
    C("=554 5.7.1 <user@ok.test>: Sender address rejected: Access denied"),
    C("=554 5.7.1 <>: Sender address rejected: Access denied", sender=""))
row("defer", "recipient: defer",
    C("=450 4.3.2 <joe@example.com>: Recipient address rejected: Try again "
      "later"))
row("defer_code", "recipient: defer",
    C("=451 4.3.2 <joe@example.com>: Recipient address rejected: Try again "
      "later"), defer_code="451")
row("defer_if_permit", "client: defer_if_permit",
    C("=450 4.7.0 <client.ok.test[198.51.100.7]>: Client host rejected: "
      "defer_if_permit requested"))
row("defer_if_permit_then_reject",
    ["client: defer_if_permit", "recipient: reject"],
    C("=554 5.7.1 <joe@example.com>: Recipient address rejected: Access "
      "denied"))
row("defer_if_permit_then_permit", "recipient: defer_if_permit, permit",
    C("=450 4.7.0 <joe@example.com>: Recipient address rejected: "
      "defer_if_permit requested"))
row("defer_if_permit_connect", "client: defer_if_permit",
    C("=450 4.7.0 <client.ok.test[198.51.100.7]>: Client host rejected: "
      "defer_if_permit requested"), smtpd_delay_reject="no")
row("defer_if_reject", "recipient: defer_if_reject, reject",
    C("=450 4.7.0 <joe@example.com>: Recipient address rejected: "
      "defer_if_reject requested"))
row("defer_if_reject_then_permit", "recipient: defer_if_reject, permit",
    C(OK))
row("defer_if_reject_next_list",
    ["sender: defer_if_reject", "recipient: reject"],
    C("=554 5.7.1 <joe@example.com>: Recipient address rejected: Access "
      "denied"))
row("defer_if_permit_then_reject_in_list", "client: defer_if_permit, reject",
    C("554 5.7.1"))
row("warn_if_reject", "client: warn_if_reject reject, permit",
    C(OK, log=r"NOQUEUE: reject_warning: RCPT from client.ok.test\[198.51.100."
      r"7\]: 554 5.7.1 <client.ok.test\[198.51.100.7\]>: Client host rejected:"
      " Access denied; from=<user@ok.test>"))
row("warn_if_reject_one", "client: warn_if_reject reject, reject", C("554"))
row("warn_if_reject_class", "client: warn_if_reject strict, permit",
    C(OK, log="reject_warning: RCPT from client.ok.test"),
    smtpd_restriction_classes="strict", strict="reject")
row("warn_if_reject_config", "client: warn_if_reject nonsense", C(CONFIG))
row("warn_if_reject_defer", "client: warn_if_reject defer_if_permit", C(OK))
row("sleep", "client: sleep 1, reject", C("554 5.7.1"))
row("sleep_nonsense", "client: sleep long",
    C(CONFIG, log="warning: .*sleep.*long|warning: .*numeric"))
row("reject_plaintext_session", "client: reject_plaintext_session",
    C("=450 4.7.1 Session encryption is required"))
row("plaintext_reject_code", "client: reject_plaintext_session",
    C("=550 5.7.1 Session encryption is required"),
    plaintext_reject_code="550")
row("restriction_class", "recipient: strict, permit",
    C("=504 5.5.2 <short>: Helo command rejected: need fully-qualified "
      "hostname", helo="short"),
    C(OK), smtpd_restriction_classes="strict, other",
    strict="reject_non_fqdn_helo_hostname, other", other="permit_mynetworks")
row("restriction_class_ok", "recipient: early, reject",
    C(OK, source=TRUSTED), C("554 5.7.1"),
    smtpd_restriction_classes="early", early="permit_mynetworks")
row("restriction_class_loop", "recipient: ring", C(CONFIG, log="warning: "),
    smtpd_restriction_classes="ring", ring="ring")
row("case_is_ignored", "client: REJECT", C("554 5.7.1"))

# ---- the client

row("permit_inet_interfaces", "client: permit_inet_interfaces, reject",
    C(OK, source="192.0.2.10"), C("554 5.7.1"))
row("permit_mynetworks", "client: permit_mynetworks, reject",
    C(OK, source=TRUSTED), C("554 5.7.1"))
row("permit_sasl_authenticated", "client: permit_sasl_authenticated, reject",
    C("554 5.7.1"))
row("permit_tls_clientcerts", "client: permit_tls_clientcerts, reject",
    C("554 5.7.1"))
row("permit_tls_all_clientcerts", "client: permit_tls_all_clientcerts, reject",
    C("554 5.7.1"))
row("reject_unknown_client_hostname",
    "client: reject_unknown_client_hostname",
    C("=450 4.7.25 Client host rejected: cannot find your hostname, "
      "[198.51.100.8]", source=NAMELESS),
    C("=450 4.7.25 Client host rejected: cannot find your hostname, "
      "[198.51.100.9]", source=LIAR,
      log=r"warning: hostname liar.test does not resolve to address "
      "198.51.100.9"),
    C(OK))
row("reject_unknown_client", "client: reject_unknown_client",
    C("550 5.7.25", source=NAMELESS), C("450 4.7.25", source=NAMEFAIL),
    C(OK), unknown_client_reject_code="550")
row("reject_unknown_reverse_client_hostname",
    "client: reject_unknown_reverse_client_hostname",
    C("=550 5.7.1 Client host rejected: cannot find your reverse hostname, "
      "[198.51.100.8]", source=NAMELESS),
    C("450 4.7.1", source=NAMEFAIL), C(OK, source=LIAR),
    unknown_client_reject_code="550")
row("check_client_access",
    "client: check_client_access inline:{client.ok.test=REJECT}",
    C("=554 5.7.1 <client.ok.test[198.51.100.7]>: Client host rejected: "
      "Access denied"), C(OK, source=NAMELESS))
row("check_client_access_parent",
    "client: check_client_access inline:{ok.test=REJECT}",
    C("554 5.7.1"))
row("check_client_access_dot",
    "client: check_client_access inline:{.ok.test=REJECT}",
    C("554 5.7.1"), parent_domain_matches_subdomains="debug_peer_list")
row("check_client_access_no_dot",
    "client: check_client_access inline:{ok.test=REJECT}",
    C(OK), parent_domain_matches_subdomains="debug_peer_list")
row("check_client_access_address",
    "client: check_client_access inline:{198.51.100.7=REJECT}",
    C("554 5.7.1"), C(OK, source=NAMELESS))
row("check_client_access_net",
    "client: check_client_access inline:{198.51=REJECT}",
    C("554 5.7.1"), C("554 5.7.1", source=NAMELESS), C(OK, source=TRUSTED))
row("check_client_access_cidr",
    "client: check_client_access cidr:{{198.51.100.6/31 REJECT}}",
    C("554 5.7.1"), C(OK, source=NAMELESS))
row("check_client_access_pattern",
    "client: check_client_access regexp:{{/^198\\.51\\.100\\.7$$/ REJECT "
    "address}}, check_client_access regexp:{{/^ok\\.test$$/ REJECT parent}}",
    C("=554 5.7.1 <client.ok.test[198.51.100.7]>: Client host rejected: "
      "address"), C(OK, source=SERVED))
row("check_client_access_unknown",
    "client: check_client_access inline:{unknown=REJECT}",
    C("554 5.7.1 <unknown[198.51.100.8]>", source=NAMELESS), C(OK))
row("bare_table_in_client_list", "client: inline:{client.ok.test=REJECT}",
    C("554 5.7.1"))
row("check_reverse_client_hostname_access",
    "client: check_reverse_client_hostname_access inline:{liar.test=REJECT}",
    C("=554 5.7.1 <liar.test>: Unverified Client host rejected: Access "
      "denied", source=LIAR), C(OK))
row("check_reverse_client_hostname_access_ok",
    "client: check_reverse_client_hostname_access inline:{liar.test=OK}",
    C(CONFIG, source=LIAR, log="warning: "))
row("check_ccert_access", "client: check_ccert_access static:reject", C(OK))
row("check_sasl_access", "client: check_sasl_access static:reject", C(OK))

row("check_client_a_access",
    "client: check_client_a_access inline:{198.51.100.20=REJECT}",
    C("=554 5.7.1 <host.served.test[198.51.100.20]>: Client host rejected: "
      "Access denied", source=SERVED), C(OK), C(OK, source=NAMELESS))
row("check_client_mx_access",
    "client: check_client_mx_access inline:{mx.served.test=REJECT}",
    C("=554 5.7.1 <host.served.test[198.51.100.20]>: Client host rejected: "
      "Access denied", source=SERVED), C(OK))
row("check_client_mx_access_address",
    "client: check_client_mx_access inline:{203.0.113.11=REJECT}",
    C("554 5.7.1", source=SERVED), C(OK))
row("check_client_ns_access",
    "client: check_client_ns_access inline:{ns.served.test=REJECT}",
    C("=554 5.7.1 <host.served.test[198.51.100.20]>: Client host rejected: "
      "Access denied", source=SERVED), C(OK))
row("check_reverse_client_hostname_a_access",
    "client: check_reverse_client_hostname_a_access "
    "inline:{198.51.100.99=REJECT}",
    C("=554 5.7.1 <liar.test>: Unverified Client host rejected: Access "
      "denied", source=LIAR), C(OK))
row("check_reverse_client_hostname_mx_access",
    "client: check_reverse_client_hostname_mx_access "
    "inline:{mx.served.test=REJECT}",
    C("=554 5.7.1 <liar.test>: Unverified Client host rejected: Access "
      "denied", source=LIAR), C(OK))
row("check_reverse_client_hostname_ns_access",
    "client: check_reverse_client_hostname_ns_access "
    "inline:{ns.served.test=REJECT}",
    C("=554 5.7.1 <liar.test>: Unverified Client host rejected: Access "
      "denied", source=LIAR), C(OK))
for kind, key in (("a", "203.0.113.10"), ("mx", "mx.served.test"),
                  ("ns", "203.0.113.12")):
    row("check_helo_%s_access" % kind,
        "helo: check_helo_%s_access inline:{%s=REJECT}" % (kind, key),
        C("=554 5.7.1 <served.test>: Helo command rejected: Access denied",
          helo="served.test"), C(OK), C(OK, helo=None))
    row("check_sender_%s_access" % kind,
        "sender: check_sender_%s_access inline:{%s=REJECT}" % (kind, key),
        C("=554 5.7.1 <u@served.test>: Sender address rejected: Access "
          "denied", sender="u@served.test"), C(OK), C(OK, sender=""))
    row("check_recipient_%s_access" % kind,
        "recipient: check_recipient_%s_access inline:{%s=REJECT}"
        % (kind, key),
        C("=554 5.7.1 <u@served.test>: Recipient address rejected: Access "
          "denied", to="u@served.test"), C(OK))
    row("check_sender_%s_access_ok" % kind,
        "sender: check_sender_%s_access inline:{%s=OK}" % (kind, key),
        C(CONFIG, sender="u@served.test", log="warning: "))
    row("check_helo_%s_access_ok" % kind,
        "helo: check_helo_%s_access inline:{%s=OK}" % (kind, key),
        C(CONFIG, helo="served.test"))
    row("check_client_%s_access_ok" % kind,
        "client: check_client_%s_access static:ok" % kind,
        C(CONFIG, source=SERVED))
    row("check_reverse_client_hostname_%s_access_ok" % kind,
        "client: check_reverse_client_hostname_%s_access static:ok" % kind,
        C(CONFIG, source=LIAR))
    row("check_recipient_%s_access_ok" % kind,
        "recipient: check_recipient_%s_access static:ok" % kind,
        C(CONFIG, to="u@served.test"))
row("mx_access_without_mx",
    "sender: check_sender_mx_access inline:{203.0.113.2=REJECT}",
    C("554 5.7.1", sender="u@a-only.test"))
row("mx_access_literal",
    "sender: check_sender_mx_access inline:{203.0.113.2=REJECT}",
    C("554 5.7.1", sender="u@[203.0.113.2]"))
row("ns_access_of_parent",
    "sender: check_sender_ns_access inline:{ns.served.test=REJECT}",
    C("554 5.7.1", sender="u@deep.below.served.test"))
row("mx_access_lookup_error",
    "sender: check_sender_mx_access static:REJECT",
    C(OK, sender="u@fail.test", log="warning: Unable to look up"))
row("ns_access_lookup_error",
    "sender: check_sender_ns_access inline:{x=REJECT}",
    C(OK, sender="u@nsfail.test", log="warning: Unable to look up NS host"))

# ---- HELO

row("check_helo_access", "helo: check_helo_access inline:{bad.test=REJECT}",
    C("=554 5.7.1 <bad.test>: Helo command rejected: Access denied",
      helo="bad.test"),
    C("554 5.7.1", helo="sub.bad.test"), C(OK), C(OK, helo=None))
row("bare_table_in_helo_list", "helo: inline:{bad.test=REJECT}",
    C("554 5.7.1", helo="bad.test"))
row("check_helo_access_ok", "helo: check_helo_access static:ok, reject",
    C(OK))
row("reject_invalid_helo_hostname", "helo: reject_invalid_helo_hostname",
    C("=501 5.5.2 <bad_-name!>: Helo command rejected: Invalid name",
      helo="bad_-name!"),
    C("=501 5.5.2 <[999.1.1.1]>: Helo command rejected: invalid ip address",
      helo="[999.1.1.1]"),
    C("501 5.5.2 <-x>", helo="-x"), C("501 5.5.2", helo="a..b"),
    C(OK, helo="[192.0.2.7]"), C(OK, helo="1.2.3.4"),
    C(OK, helo="[IPv6:2001:db8::1]"), C(OK, helo="x_y.test"), C(OK),
    C(OK, helo=None))
row("reject_invalid_hostname", "helo: reject_invalid_hostname",
    C("550 5.5.2", helo="bad_-name!"), C(OK),
    invalid_hostname_reject_code="550")
row("reject_non_fqdn_helo_hostname", "helo: reject_non_fqdn_helo_hostname",
    C("=504 5.5.2 <short>: Helo command rejected: need fully-qualified "
      "hostname", helo="short"),
    C("504 5.5.2", helo="1.2.3.4"), C(OK, helo="[1.2.3.4]"), C(OK),
    C("501 5.5.2", helo="[1.2.3.4.5]"))
row("reject_non_fqdn_hostname", "helo: reject_non_fqdn_hostname",
    C("550 5.5.2", helo="short"), C(OK), non_fqdn_reject_code="550")
row("reject_unknown_helo_hostname", "helo: reject_unknown_helo_hostname",
    C("=450 4.7.1 <nosuch.invalid>: Helo command rejected: Host not found",
      helo="nosuch.invalid"),
    C(OK, helo="served.test"), C(OK, helo="[1.2.3.4]"), C(OK),
    C("450 4.7.1", helo="fail.test"))
row("reject_unknown_hostname", "helo: reject_unknown_hostname",
    C("550 5.7.1", helo="nosuch.invalid"), C("450 4.7.1", helo="fail.test"),
    C(OK), unknown_hostname_reject_code="550")
row("unknown_helo_hostname_tempfail_action",
    ["helo: reject_unknown_helo_hostname", "recipient: reject"],
    C("450 4.7.1 <fail.test>: Helo", helo="fail.test"),
    unknown_helo_hostname_tempfail_action="defer")
row("unknown_helo_hostname_tempfail_if_permit",
    ["helo: reject_unknown_helo_hostname", "recipient: reject"],
    C("554 5.7.1 <joe@example.com>: Recipient", helo="fail.test"))
row("permit_naked_ip_address", "helo: permit_naked_ip_address, reject",
    C(OK, helo="1.2.3.4"), C("554 5.7.1"))

# ---- the sender

row("check_sender_access", "sender: check_sender_access "
    "inline:{{bad@x.test=REJECT one} {y.test=REJECT two} {user@=REJECT three}"
    " {<>=REJECT four}}",
    C("=554 5.7.1 <bad@x.test>: Sender address rejected: one",
      sender="bad@x.test"),
    C("=554 5.7.1 <bad+ext@x.test>: Sender address rejected: one",
      sender="bad+ext@x.test"),
    C("=554 5.7.1 <a@y.test>: Sender address rejected: two", sender="a@y.test"),
    C("=554 5.7.1 <a@sub.y.test>: Sender address rejected: two",
      sender="a@sub.y.test"),
    C("=554 5.7.1 <user@z.test>: Sender address rejected: three",
      sender="user@z.test"),
    C("=554 5.7.1 <user+ext@z.test>: Sender address rejected: three",
      sender="user+ext@z.test"),
    C("=554 5.7.1 <>: Sender address rejected: four", sender=""),
    C(OK, sender="good@z.test"))
row("bare_table_in_sender_list", "sender: inline:{ok.test=REJECT}",
    C("554 5.7.1"))
row("smtpd_null_access_lookup_key",
    "sender: check_sender_access inline:{nobody=REJECT}",
    C("554 5.7.1", sender=""), smtpd_null_access_lookup_key="nobody")
row("check_sender_access_extension",
    "sender: check_sender_access inline:{{u+e@x.test=OK} {u@x.test=REJECT}}",
    C(OK, sender="u+e@x.test"), C("554 5.7.1", sender="u+f@x.test"))
row("check_sender_access_pattern",
    "sender: check_sender_access regexp:{{/^x\\.test$$/ REJECT domain} "
    "{/^u@x\\.test$$/ REJECT whole}}",
    C("=554 5.7.1 <u@x.test>: Sender address rejected: whole",
      sender="u@x.test"), C(OK, sender="v@x.test"))
row("reject_non_fqdn_sender", "sender: reject_non_fqdn_sender",
    C("=504 5.5.2 <a@short>: Sender address rejected: need fully-qualified "
      "address", sender="a@short"),
    C("504 5.5.2 <a>", sender="a"), C(OK, sender=""), C(OK),
    C(OK, sender="a@[192.0.2.7]"))
row("reject_unknown_sender_domain", "sender: reject_unknown_sender_domain",
    C("=450 4.1.8 <a@nosuch.invalid>: Sender address rejected: Domain not "
      "found", sender="a@nosuch.invalid"),
    C("=550 5.7.27 <a@null.test>: Sender address rejected: Domain null.test "
      "does not accept mail (nullMX)", sender="a@null.test"),
    C("450 4.1.8", sender="a@fail.test"),
    C("=450 4.1.8 <a@badmx.test>: Sender address rejected: Malformed DNS "
      "server reply", sender="a@badmx.test"),
    C(OK), C(OK, sender=""), C(OK, sender="joe@example.com"),
    C(OK, sender="a@a-only.test"), C(OK, sender="a@[192.0.2.9]"))
row("reject_unknown_address", "sender: reject_unknown_address",
    C("550 5.1.8", sender="a@nosuch.invalid"),
    C("450 4.1.8", sender="a@fail.test"), C(OK),
    unknown_address_reject_code="550")
row("unknown_address_tempfail_action",
    ["sender: reject_unknown_sender_domain", "recipient: reject"],
    C("450 4.1.8 <a@fail.test>: Sender", sender="a@fail.test"),
    unknown_address_tempfail_action="defer")
row("unknown_address_tempfail_if_permit",
    ["sender: reject_unknown_sender_domain", "recipient: reject"],
    C("554 5.7.1 <joe@example.com>: Recip", sender="a@fail.test"))
row("reject_unlisted_sender", "sender: reject_unlisted_sender",
    C("=550 5.1.0 <nosuch@example.com>: Sender address rejected: User unknown "
      "in local recipient table", sender="nosuch@example.com"),
    C("=550 5.1.7 <nosuch@virtual.test>: Sender address rejected: User "
      "unknown in virtual alias table", sender="nosuch@virtual.test"),
    C("=550 5.1.0 <nosuch@vbox.test>: Sender address rejected: User unknown "
      "in virtual mailbox table", sender="nosuch@vbox.test"),
    C("=550 5.1.0 <nosuch@relay.test>: Sender address rejected: User unknown "
      "in relay recipient table", sender="nosuch@relay.test"),
    C("=550 5.2.1 <u@closed.test>: Sender address rejected: gone for good",
      sender="u@closed.test"),
    C(OK), C(OK, sender="joe@example.com"), C(OK, sender=""))
row("smtpd_reject_unlisted_sender", "sender: permit_mynetworks",
    C("550 5.1.0", sender="nosuch@example.com"),
    C("550 5.1.0", sender="nosuch@example.com", source=TRUSTED), C(OK),
    smtpd_reject_unlisted_sender="yes")
row("reject_unverified_sender", "sender: reject_unverified_sender",
    C(OK, sender="good@ok.test"),
    C("=450 4.1.7 <gone@ok.test>: Sender address rejected: unverified "
      "address: host mx1.ok.test[203.0.113.1] said: 550 5.1.1 no such user "
      "(in reply to RCPT TO command)", sender="gone@ok.test"),
    C("=450 4.1.7 <later@ok.test>: Sender address rejected: unverified "
      "address: host mx1.ok.test[203.0.113.1] said: 451 4.2.0 not now (in "
      "reply to RCPT TO command)", sender="later@ok.test"))
row("unverified_sender_codes", "sender: reject_unverified_sender",
    C("=551 5.1.7 <gone@ok.test>: Sender address rejected: undeliverable "
      "address: not there", sender="gone@ok.test"),
    C("=452 4.1.7 <later@ok.test>: Sender address rejected: unverified "
      "address: not there", sender="later@ok.test"),
    unverified_sender_reject_code="551", unverified_sender_defer_code="452",
    unverified_sender_reject_reason="not there")
row("unverified_sender_accept", "sender: reject_unverified_sender",
    C(OK, sender="later@ok.test"), C("551 5.1.7", sender="gone@ok.test"),
    unverified_sender_reject_code="551", unverified_sender_defer_code="250")
owners = "inline:{{joe@example.com=joe}}"
for name in ("reject_sender_login_mismatch",
             "reject_authenticated_sender_login_mismatch",
             "reject_unauthenticated_sender_login_mismatch",
             "reject_known_sender_login_mismatch"):
    row(name, "sender: " + name,
        C(OK, sender="joe@example.com", log="warning: restriction `%s' "
          "ignored: no SASL support" % name.replace("_sender", ".*_sender")),
        C(OK, sender="ann@example.com"), C(OK, sender=""),
        smtpd_sender_login_maps=owners)

# ---- the recipient

row("check_recipient_access", "recipient: check_recipient_access "
    "inline:{{joe@example.com=REJECT one} {y.test=REJECT two} "
    "{user@=REJECT three}}",
    C("=554 5.7.1 <joe@example.com>: Recipient address rejected: one"),
    C("=554 5.7.1 <joe+x@example.com>: Recipient address rejected: one",
      to="joe+x@example.com"),
    C("554 5.7.1 <a@sub.y.test>: Recipient address rejected: two",
      to="a@sub.y.test"),
    C("554 5.7.1 <user@z.test>: Recipient address rejected: three",
      to="user@z.test"),
    C(OK, to="ann@example.com"))
row("bare_table_in_recipient_list",
    "recipient: inline:{joe@example.com=REJECT}", C("554 5.7.1"))
row("bare_table_in_relay_list",
    "relay: inline:{joe@example.com=REJECT}, "
    "check_client_access static:ok, reject",
    C("554 5.7.1"), C(OK, to="ann@example.com"))
row("reject_non_fqdn_recipient", "recipient: reject_non_fqdn_recipient",
    C("=504 5.5.2 <joe>: Recipient address rejected: need fully-qualified "
      "address", to="joe"), C("504 5.5.2", to="a@short"),
    C(OK, to="postmaster"), C(OK))
row("reject_unknown_recipient_domain",
    "recipient: reject_unknown_recipient_domain",
    C("=450 4.1.2 <a@nosuch.invalid>: Recipient address rejected: Domain not "
      "found", to="a@nosuch.invalid"),
    C("=556 5.1.10 <a@null.test>: Recipient address rejected: Domain "
      "null.test does not accept mail (nullMX)", to="a@null.test"),
    C("450 4.1.2", to="a@fail.test"), C(OK), C(OK, to="u@ok.test"))
row("reject_unknown_recipient", "recipient: reject_unknown_recipient",
    C("450 4.1.2", to="a@nosuch.invalid"), C(OK))
row("reject_unlisted_recipient", "recipient: reject_unlisted_recipient, "
    "reject",
    C("=550 5.1.1 <nosuch@example.com>: Recipient address rejected: User "
      "unknown in local recipient table", to="nosuch@example.com"),
    C("=550 5.1.1 <nosuch@virtual.test>: Recipient address rejected: User "
      "unknown in virtual alias table", to="nosuch@virtual.test"),
    C("=550 5.1.1 <nosuch@vbox.test>: Recipient address rejected: User "
      "unknown in virtual mailbox table", to="nosuch@vbox.test"),
    C("=550 5.1.1 <nosuch@relay.test>: Recipient address rejected: User "
      "unknown in relay recipient table", to="nosuch@relay.test"),
    C("554 5.7.1"), smtpd_reject_unlisted_recipient="no")
row("smtpd_reject_unlisted_recipient", "recipient: permit_mynetworks",
    C("550 5.1.1", to="nosuch@example.com"),
    C("550 5.1.1", to="nosuch@example.com", source=TRUSTED),
    C(OK, to="known@vbox.test"), C(OK, to="known@relay.test"),
    C(OK, to="known@virtual.test"))
row("show_user_unknown_table_name", "recipient: permit_mynetworks",
    C("=550 5.1.1 <nosuch@example.com>: Recipient address rejected: User "
      "unknown", to="nosuch@example.com"), show_user_unknown_table_name="no")
row("unlisted_codes", "recipient: permit_mynetworks",
    C("551 5.1.1", to="nosuch@example.com"),
    C("552 5.1.1", to="nosuch@virtual.test"),
    C("553 5.1.1", to="nosuch@vbox.test"),
    C("450 4.1.1", to="nosuch@relay.test"),
    unknown_local_recipient_reject_code="551",
    unknown_virtual_alias_reject_code="552",
    unknown_virtual_mailbox_reject_code="553",
    unknown_relay_recipient_reject_code="450")
row("unlisted_recipient_off", "recipient: permit_mynetworks",
    C(OK, to="nosuch@example.com"), smtpd_reject_unlisted_recipient="no")
row("relocated", "recipient: permit_mynetworks",
    C("=550 5.1.6 <moved@example.com>: Recipient address rejected: User has "
      "moved to new@elsewhere.test", to="moved@example.com"))
row("error_transport", "recipient: permit_mynetworks",
    C("=550 5.2.1 <u@closed.test>: Recipient address rejected: gone for good",
      to="u@closed.test"))
row("check_recipient_maps", "recipient: check_recipient_maps, reject",
    C("550 5.1.1", to="nosuch@example.com"), C("554 5.7.1"))
row("reject_unverified_recipient", "recipient: reject_unverified_recipient",
    C(OK, to="good@ok.test"),
    C("=450 4.1.1 <gone@ok.test>: Recipient address rejected: unverified "
      "address: host mx1.ok.test[203.0.113.1] said: 550 5.1.1 no such user "
      "(in reply to RCPT TO command)", to="gone@ok.test"),
    C("450 4.1.1 <later@ok.test>: Recipient address rejected: unverified "
      "address: host", to="later@ok.test"))
row("unverified_recipient_codes", "recipient: reject_unverified_recipient",
    C("=551 5.1.1 <gone@ok.test>: Recipient address rejected: undeliverable "
      "address: not there", to="gone@ok.test"),
    C("=452 4.1.1 <later@ok.test>: Recipient address rejected: unverified "
      "address: not there", to="later@ok.test"),
    unverified_recipient_reject_code="551",
    unverified_recipient_defer_code="452",
    unverified_recipient_reject_reason="not there")
row("reject_multi_recipient_bounce", "data: reject_multi_recipient_bounce",
    C("=550 5.5.3 <DATA>: Data command rejected: Multi-recipient bounce",
      sender="", also=["ann@example.com"], stage="DATA"),
    C("354", sender="", stage="DATA"),
    C("354", also=["ann@example.com"], stage="DATA"))
row("multi_recipient_bounce_reject_code",
    "data: reject_multi_recipient_bounce",
    C("551 5.5.3", sender="", also=["ann@example.com"], stage="DATA"),
    multi_recipient_bounce_reject_code="551")
row("permit_auth_destination", "recipient: permit_auth_destination, reject",
    C(OK), C(OK, to="known@relay.test"), C(OK, to="known@virtual.test"),
    C("554 5.7.1", to="u@elsewhere.test"),
    C("554 5.7.1", to="u%elsewhere.test@relay.test"))
row("reject_unauth_destination", "recipient: reject_unauth_destination",
    C("=554 5.7.1 <u@elsewhere.test>: Relay access denied",
      to="u@elsewhere.test"),
    C("554 5.7.1", to="u@elsewhere.test@example.com"),
    C("554 5.7.1", to="elsewhere.test!u@example.com"), C(OK),
    C(OK, to="known@relay.test"))
row("relay_domains_reject_code", "recipient: reject_unauth_destination",
    C("=521 5.7.1 <u@elsewhere.test>: Relay access denied",
      to="u@elsewhere.test"), relay_domains_reject_code="521")
row("defer_unauth_destination", "recipient: defer_unauth_destination",
    C("=454 4.7.1 <u@elsewhere.test>: Relay access denied",
      to="u@elsewhere.test"), C(OK))
row("permit_mx_backup", "recipient: permit_mx_backup, reject",
    C(OK, to="x@backup.test"), C("554 5.7.1", to="x@notbackup.test"),
    C("554 5.7.1", to="x@selfmx.test"), C(OK),
    C("=450 4.4.4 <x@mxfail.test>: Recipient address rejected: Unable to look "
      "up mail exchanger information: Host not found, try again",
      to="x@mxfail.test"),
    C("=450 4.4.4 <x@mxhostfail.test>: Recipient address rejected: Unable to "
      "look up mail exchanger host fail.test: Temporary failure in name "
      "resolution", to="x@mxhostfail.test"),
    C("554 5.7.1", to="x@badmx.test"), C("554 5.7.1", to="x@null.test"),
    C("554 5.7.1", to="x@a-only.test"))
row("permit_mx_backup_networks", "recipient: permit_mx_backup, reject",
    C("554 5.7.1", to="x@backup.test"),
    permit_mx_backup_networks="192.0.2.0/24")
row("permit_mx_backup_networks_fail", "recipient: permit_mx_backup, reject",
    C("=450 4.4.4 <x@backupfail.test>: Recipient address rejected: Unable to "
      "look up mail exchanger host fail.test: Temporary failure in name "
      "resolution", to="x@backupfail.test"),
    permit_mx_backup_networks="203.0.113.0/24")
row("permit_mx_backup_networks_good", "recipient: permit_mx_backup, reject",
    C(OK, to="x@backup.test"), permit_mx_backup_networks="203.0.113.0/24")
row("check_relay_domains", "relay: check_relay_domains",
    C(OK), C("554 5.7.1", to="u@elsewhere.test"))

# ---- DNS lists

row("reject_rbl_client", "client: reject_rbl_client rbl.test",
    C("=554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked "
      "using rbl.test; seen sending junk"), C(OK, source=NAMELESS))
row("reject_rbl", "client: reject_rbl rbl2.test",
    C("=571 5.7.1 Service unavailable; Client host [198.51.100.7] blocked "
      "using rbl2.test"), maps_rbl_reject_code="571")
row("rbl_pattern", "client: reject_rbl_client rbl.test=127.0.0.[3;5..9], "
    "reject_rbl_client rbl.test=127.0.1.2, "
    "reject_rbl_client rbl2.test=127.0.0.[1..3]",
    C("=554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked "
      "using rbl2.test"))
row("default_rbl_reply", "client: reject_rbl_client rbl.test",
    C("=554 5.7.1 client.ok.test[198.51.100.7] client.ok.test 198.51.100.7 "
      "client.ok.test rbl.test seen sending junk Client host 198.51.100.7 "
      "user@ok.test joe@example.com"),
    default_rbl_reply="$rbl_code $client $client_name $client_address "
    "$helo_name $rbl_domain $rbl_reason $rbl_class $rbl_what $sender "
    "$recipient")
row("rbl_reply_maps", "client: reject_rbl_client rbl.test=127.0.0.2",
    C("=450 4.7.9 own words: seen sending junk"),
    rbl_reply_maps="texthash:{etc}/rbl_replies")
row("rbl_reply_maps_domain", "client: reject_rbl_client rbl.test",
    C("=521 5.7.1 own words"),
    rbl_reply_maps="inline:{{rbl.test=521 own words}}")
row("rbl_lookup_error", "client: reject_rbl_client rblfail.test",
    C(OK, log="warning: 7.100.51.198.rblfail.test: RBL lookup error"))
row("reject_rhsbl_client", "client: reject_rhsbl_client rhs.test",
    C("=554 5.7.1 Service unavailable; Client host [client.ok.test] blocked "
      "using rhs.test"), C(OK, source=NAMELESS), C(OK, source=LIAR))
row("reject_rhsbl_reverse_client",
    "client: reject_rhsbl_reverse_client rhs.test",
    C("=554 5.7.1 Service unavailable; Unverified Client host [liar.test] "
      "blocked using rhs.test", source=LIAR), C(OK, source=NAMELESS))
row("reject_rhsbl_helo", "helo: reject_rhsbl_helo rhs.test",
    C("=554 5.7.1 Service unavailable; Helo command [bad.test] blocked using "
      "rhs.test", helo="bad.test"), C(OK, helo="ok.test"),
    C(OK, helo="[198.51.100.7]"), C(OK, helo=None))
row("reject_rhsbl_sender", "sender: reject_rhsbl_sender rhs.test",
    C("=554 5.7.1 Service unavailable; Sender address [a@bad.test] blocked "
      "using rhs.test", sender="a@bad.test"), C(OK), C(OK, sender=""))
row("reject_rhsbl_recipient", "recipient: reject_rhsbl_recipient rhs.test",
    C("=554 5.7.1 Service unavailable; Recipient address [a@bad.test] blocked "
      "using rhs.test", to="a@bad.test"), C(OK))
row("permit_dnswl_client", "client: permit_dnswl_client wl.test=127.0.0.1, "
    "reject", C(OK), C("554 5.7.1", source=NAMELESS))
row("dnswl_lookup_error", "client: permit_dnswl_client rblfail.test, reject",
    C("=450 4.7.1 <198.51.100.7>: Client host rejected: Service unavailable",
      log="warning: 7.100.51.198.rblfail.test: RBL lookup error"))
row("dnswl_after_defer_if_permit",
    "client: defer_if_permit, permit_dnswl_client wl.test, reject",
    C("450 4.7.0"))
row("dnswl_is_no_right_to_relay",
    "recipient: permit_dnswl_client wl.test, permit_rhswl_client rhswl.test, "
    "reject_unauth_destination",
    C("=554 5.7.1 <u@elsewhere.test>: Relay access denied",
      to="u@elsewhere.test"), C(OK))
row("rhswl_lookup_error",
    "client: permit_rhswl_client rhswlfail.test, reject",
    C("=450 4.7.1 <client.ok.test>: Client host rejected: Service "
      "unavailable"))
row("permit_rhswl_client", "client: permit_rhswl_client rhswl.test, reject",
    C(OK), C("554 5.7.1", source=NAMELESS))
row("reject_maps_rbl", "client: reject_maps_rbl",
    C("554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked "
      "using rbl2.test"), C(OK, source=NAMELESS),
    maps_rbl_domains="rbl2.test, rbl.test")

# ---- what smtpd_dns_reply_filter makes of replies: refusals because of DNS
# need DNS, and what is filtered out on purpose is not a fault of the client's

DROPPED = "DNS reply filter drops all results"
NO_A, NO_MX = ("regexp:{{/ IN %s / IGNORE}}" % kind for kind in ("A", "MX"))


def odd(pattern):
    return "regexp:{{/%s/ NONSENSE}}" % pattern


def filtered(name, restrictions, *cases, by=NO_A):
    row("filtered_" + name, restrictions, *cases, smtpd_dns_reply_filter=by)


SENDER = "sender: reject_unknown_sender_domain"
filtered("sender", SENDER,
         C(OK, sender="a@a-only.test", log="warning: a-only.test: MX or "
           "address lookup error: " + DROPPED),
         C(OK, sender="a@mxfail.test", log="warning: mxfail.test: MX or "
           "address lookup error: " + DROPPED),
         C(OK, sender="a@served.test"), C("450 4.1.8", sender="a@no.test"))
filtered("sender_mx", SENDER,
         C(OK, sender="a@served.test", log="warning: served.test: MX or "
           "address lookup error: " + DROPPED), by=NO_MX)
filtered("sender_oddly", SENDER,
         C("=450 4.1.8 <a@a-only.test>: Sender address rejected: Domain not "
           "found", sender="a@a-only.test", log="warning: "
           'smtpd_dns_reply_filter: unknown DNS filter action: "NONSENSE"'),
         by=odd(" IN "))
filtered("helo", "helo: reject_unknown_helo_hostname",
         C(OK, helo="a-only.test", log="warning: a-only.test: address or MX "
           "lookup error: " + DROPPED),
         C(OK, helo="served.test"), C("450 4.7.1", helo="no.test"))
filtered("helo_oddly", "helo: reject_unknown_helo_hostname",
         C("=450 4.7.1 <served.test>: Helo command rejected: Host not found",
           helo="served.test"), by=odd(" IN "))
filtered("servers", "sender: check_sender_mx_access "
         "inline:{mx.served.test=REJECT}",
         C(OK, sender="a@served.test", log="warning: Unable to look up MX "
           "host for served.test: DNS reply filter policy"), by=NO_MX)
filtered("list", "client: reject_rbl_client rbl.test",
         C(OK, log="warning: 7.100.51.198.rbl.test: RBL lookup error: Error "
           "looking up name=7.100.51.198.rbl.test type=A: " + DROPPED))
filtered("list_text", "client: reject_rbl_client rbl.test",
         C("=554 5.7.1 Service unavailable; Client host [198.51.100.7] "
           "blocked using rbl.test", log="warning: 7.100.51.198.rbl.test: TXT "
           "lookup error: " + DROPPED), by="regexp:{{/ IN TXT / IGNORE}}")
filtered("allow_list", "client: permit_dnswl_client wl.test, reject",
         C("=450 4.7.1 <198.51.100.7>: Client host rejected: Service "
           "unavailable"))
filtered("backup", "recipient: permit_mx_backup, reject",
         C("=450 4.4.4 <x@backup.test>: Recipient address rejected: Unable to "
           "look up mail exchanger information: DNS reply filter policy",
           to="x@backup.test"), by=NO_MX)
filtered("backup_oddly", "recipient: permit_mx_backup, reject",
         C("450 4.4.4", to="x@backup.test"), by=odd(r"mail\.example\.com"))

# ---- stages

row("data_list", "data: check_recipient_access inline:{joe@example.com=REJECT}",
    C("=554 5.7.1 <joe@example.com>: Recipient address rejected: Access "
      "denied", stage="DATA"),
    C("354", stage="DATA", also=["ann@example.com"]))
row("data_list_reject", "data: reject",
    C("=554 5.7.1 <DATA>: Data command rejected: Access denied",
      stage="DATA"))
row("bare_table_in_data_list", "data: inline:{x=y}", C(CONFIG, stage="DATA"))
row("end_of_data_list", "end_of_data: reject",
    C("=554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: Access denied",
      stage="."))
row("end_of_data_table", "end_of_data: check_sender_access "
    "inline:{{ok.test=450 4.7.3 text}}",
    C("=450 4.7.3 <user@ok.test>: Sender address rejected: text", stage="."))
row("bare_table_in_end_of_data_list", "end_of_data: inline:{x=y}",
    C(CONFIG, stage="."))
row("etrn_list", "etrn: check_etrn_access inline:{relay.test=REJECT}",
    C("=554 5.7.1 <relay.test>: Etrn command rejected: Access denied",
      to="relay.test", stage="ETRN"),
    C("=554 5.7.1 <sub.relay.test>: Etrn command rejected: Access denied",
      to="sub.relay.test", stage="ETRN"),
    C("=459 <other.test>: service unavailable", to="other.test",
      stage="ETRN"))
row("check_etrn_access", "etrn: inline:{relay.test=OK}, reject",
    C("=250 Queuing started", to="relay.test", stage="ETRN"),
    C("=554 5.7.1 <other.test>: Etrn command rejected: Access denied",
      to="other.test", stage="ETRN"))
row("etrn_and_client_list", "client: reject",
    C("=554 5.7.1 <client.ok.test[198.51.100.7]>: Client host rejected: "
      "Access denied", to="relay.test", stage="ETRN"))
row("vrfy_list", "recipient: reject",
    C("=554 5.7.1 <joe@example.com>: Recipient address rejected: Access "
      "denied", stage="VRFY"))
row("vrfy_client_list", "client: reject",
    C("554 5.7.1 <client.ok.test[198.51.100.7]>: Client host", stage="VRFY"))
row("connect_list", "client: reject",
    C("=554 5.7.1 <client.ok.test[198.51.100.7]>: Client host rejected: "
      "Access denied", stage="CONNECT"), smtpd_delay_reject="no")
row("connect_list_later", "client: reject",
    C("=503 5.7.0 Error: access denied for client.ok.test[198.51.100.7]",
      stage="EHLO"), smtpd_delay_reject="no")
row("ehlo_list", "helo: reject",
    C("=554 5.7.1 <client.ok.test>: Helo command rejected: Access denied",
      stage="EHLO"), smtpd_delay_reject="no")
row("mail_list", "sender: reject",
    C("=554 5.7.1 <user@ok.test>: Sender address rejected: Access denied",
      stage="MAIL"), smtpd_delay_reject="no")
row("relay_first",
    ["relay: check_recipient_access inline:{{joe@example.com=REJECT relay}}, "
     "check_client_access static:ok, reject",
     "recipient: check_recipient_access "
     "inline:{{joe@example.com=REJECT rcpt}}"],
    C("=554 5.7.1 <joe@example.com>: Recipient address rejected: relay"))
row("relay_last",
    ["relay: check_recipient_access inline:{{joe@example.com=REJECT relay}}, "
     "check_client_access static:ok, reject",
     "recipient: check_recipient_access "
     "inline:{{joe@example.com=REJECT rcpt}}"],
    C("=554 5.7.1 <joe@example.com>: Recipient address rejected: rcpt"),
    smtpd_relay_before_recipient_restrictions="no")
row("soft_bounce", "client: reject", C("=454 4.7.1 <client.ok.test[198.51.100."
    "7]>: Client host rejected: Access denied"), soft_bounce="yes")

# ---- what nobody can understand

row("misspelled", "recipient: permit_mynetwork",
    C(CONFIG, log=r"warning: .*permit_mynetwork\b"))
row("trailing_colon", "recipient: permit_mynetworks:",
    C("451 4.3.5", log="permit_mynetworks:"))
row("missing_argument", "recipient: check_sender_access",
    C("451 4.3.5", log="check_sender_access"))
row("parameter_as_restriction", "client: reject_code",
    C("451 4.3.5", log="reject_code"))
row("table_without_type", "client: check_client_access /etc/access",
    C("451 4.3.5", log="/etc/access"))
row("table_missing", "client: check_client_access "
    "$default_database_type:/nonexistent/access",
    C("=451 4.3.5 <client.ok.test[198.51.100.7]>: Client host rejected: "
      "Server configuration error",
      log=r"/nonexistent/access.*No such file"))
