/* SPDX-License-Identifier: ISC
 *
 * access_stage.c - the lists of each stage of a session, and what they come
 * to.
 *
 * smtpd_delay_reject puts those of the client, HELO and MAIL off until RCPT. A
 * refusal that waits for a permit (defer_if_permit) is kept for the next stage.
 */
#include "access.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "client/rewrite.h"
#include "notify.h"
#include "old_defaults.h"

static const struct deferred_verdict no_verdict;

/* What wants a refusal deferred is forgotten with its list. */
static enum access_result run_named(struct session *s,
                                    const struct restriction_list *list,
                                    const char *class_name,
                                    const char *reply_name,
                                    const char *default_check)
{
    struct access a = { .s = s, .parameter = list->parameter,
                        .class_name = class_name, .reply_name = reply_name,
                        .default_check = default_check };

    s->if_reject = no_verdict;
    if (s->mail.discard)
        return ACCESS_OK;
    log_trace(s->verbosity, ">>> START %s RESTRICTIONS <<<", class_name);
    enum access_result result = access_list(&a, list->words);
    log_trace(s->verbosity, ">>> END %s RESTRICTIONS <<<", class_name);
    return result;
}

static enum access_result run_client(struct session *s)
{
    return run_named(s, &settings()->client, "Client host", s->peer.label,
                     "check_client_access");
}

static enum access_result run_helo(struct session *s)
{
    return run_named(s, &settings()->helo, "Helo command",
                     s->helo ? s->helo : "", "check_helo_access");
}

static enum access_result run_sender(struct session *s)
{
    const char *sender = s->mail.active ? s->mail.sender : "";
    enum access_result result =
        run_named(s, &settings()->sender, "Sender address", sender,
                  "check_sender_access");
    struct access a = { .s = s, .class_name = "Sender address",
                        .reply_name = sender };

    if (result == ACCESS_REJECT || *sender == '\0' || s->mail.discard ||
        !smtpd_params.smtpd_reject_unlisted_sender ||
        (settings()->overrides & OVERRIDE_UNKNOWN_RECIPIENT))
        return result;
    return access_unlisted(&a, sender, UNLISTED_SENDER);
}

/* Those that smtpd_delay_reject put off until now. */
static enum access_result run_delayed(struct session *s, bool sender)
{
    if (!smtpd_params.smtpd_delay_reject)
        return ACCESS_DUNNO;
    if (run_client(s) == ACCESS_REJECT)
        return ACCESS_REJECT;
    if (run_helo(s) == ACCESS_REJECT)
        return ACCESS_REJECT;
    return sender ? run_sender(s) : ACCESS_DUNNO;
}

static enum access_result run_recipient(struct session *s)
{
    const struct restriction_list *lists[2] = { &settings()->relay,
                                                &settings()->recipient };
    bool relay_first = smtpd_params.smtpd_relay_before_recipient_restrictions;
    struct access a = { .s = s, .class_name = "Recipient address",
                        .reply_name = s->recipient };

    for (int i = 0; i < 2; i++) {
        const struct restriction_list *list = lists[relay_first ? i : 1 - i];

        if (run_named(s, list, a.class_name, s->recipient,
                      "check_recipient_access") != ACCESS_REJECT)
            continue;
        if (list == &settings()->recipient)
            old_defaults_note_order(s);
        return ACCESS_REJECT;
    }
    access_try_relay_restrictions(&a);
    if (!smtpd_params.smtpd_reject_unlisted_recipient || s->mail.discard ||
        (settings()->overrides & OVERRIDE_UNKNOWN_RECIPIENT))
        return ACCESS_DUNNO;
    return access_unlisted(&a, s->recipient, UNLISTED_RECIPIENT);
}

static void begin_stage(struct session *s, struct deferred_verdict so_far)
{
    s->if_permit = so_far;
    s->if_reject = no_verdict;
    s->reject_reply = NULL;
}

/* The reply to a refusal. True: there is none. */
static bool conclude(struct session *s, enum access_result result)
{
    if (result != ACCESS_REJECT && s->if_permit.active && !s->mail.discard) {
        s->reject_reply = s->if_permit.reply;
        session_log(s, "reject", s->reject_reply);
        notify_problem(s, NOTIFY_POLICY);
        result = ACCESS_REJECT;
    }
    if (result != ACCESS_REJECT)
        return true;
    if (s->reject_reply != NULL)
        session_reply(s, "%s", s->reject_reply);
    return false;
}

/* A stage before RCPT: what it wants deferred is kept for the next. */
static bool conclude_early(struct session *s, enum access_result result,
                           struct deferred_verdict *keep)
{
    *keep = s->if_permit;
    s->if_permit.active = false;
    return conclude(s, result);
}

bool access_connect(struct session *s)
{
    if (s->standalone)
        return true;
    begin_stage(s, no_verdict);
    return conclude_early(s, run_client(s), &s->if_permit_client);
}

bool access_helo(struct session *s)
{
    if (s->standalone)
        return true;
    begin_stage(s, s->if_permit_client);
    return conclude_early(s, run_helo(s), &s->if_permit_helo);
}

bool access_mail(struct session *s)
{
    if (s->standalone)
        return true;
    begin_stage(s, s->if_permit_helo.active ? s->if_permit_helo
                                            : s->if_permit_client);
    return conclude_early(s, run_sender(s), &s->if_permit_sender);
}

/* Whom nothing is kept from: the postmaster (RFC 5321, section 4.5.1), and the
 * sender of probes, so that a server which probes it in turn can go on. */
static bool is_open_to_all(struct session *s)
{
    const char *prober = verify_params.address_verify_sender;
    const char *at = strrchr(s->recipient, '@');

    if (text_equal_nocase(s->recipient, "postmaster"))
        return true;
    if (verify_params.address_verify_sender_ttl > 0)
        return s->is_to_prober;
    /* Only the like costs a question. */
    size_t length = strcspn(prober, "@");
    if (length == 0 || at == NULL || length != (size_t)(at - s->recipient) ||
        !text_equal_nocase_n(prober, s->recipient, length))
        return false;
    prober = rewrite_try(s->line_arena, REWRITE_LOCAL, prober);
    return prober != NULL && text_equal_nocase(s->recipient, prober);
}

bool access_rcpt(struct session *s)
{
    if (s->standalone || s->mail.discard || is_open_to_all(s))
        return true;
    begin_stage(s, smtpd_params.smtpd_delay_reject ? no_verdict
                                                   : s->if_permit_sender);
    enum access_result result = run_delayed(s, true);
    if (result != ACCESS_REJECT)
        result = run_recipient(s);
    return conclude(s, result);
}

/* A single recipient is known to the lists of DATA and its end. */
static bool run_content_list(struct session *s,
                             const struct restriction_list *list,
                             const char *class_name, const char *reply_name)
{
    if (s->standalone || s->mail.discard)
        return true;
    begin_stage(s, no_verdict);
    s->recipient = s->mail.recipient;
    bool good =
        conclude(s, run_named(s, list, class_name, reply_name, NULL));
    s->recipient = NULL;
    return good;
}

bool access_data(struct session *s)
{
    return run_content_list(s, &settings()->data, "Data command", "DATA");
}

bool access_end_of_data(struct session *s)
{
    return run_content_list(s, &settings()->end_of_data, "End-of-data",
                            "END-OF-MESSAGE");
}

bool access_etrn(struct session *s)
{
    if (s->standalone)
        return true;
    begin_stage(s, smtpd_params.smtpd_delay_reject ? no_verdict
                                                   : s->if_permit_helo);
    enum access_result result = run_delayed(s, false);
    if (result != ACCESS_REJECT)
        result = run_named(s, &settings()->etrn, "Etrn command",
                           s->etrn_domain, "check_etrn_access");
    return conclude(s, result);
}
