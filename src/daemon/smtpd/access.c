/* SPDX-License-Identifier: ISC
 *
 * access.c - walking lists of restrictions, and what a stage comes to.
 *
 * The first restriction that says OK or REJECT ends its list; REJECT ends the
 * command. Two verdicts wait: defer_if_permit turns a later permit into a
 * temporary refusal, defer_if_reject a later 5xx of the same list.
 */
#include "access.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "client/rewrite.h"
#include "mail/address.h"
#include "notify.h"
#include "old_defaults.h"
#include "service/service.h"

enum { LISTS_IN_LISTS_MAX = 100, REPLY_MAX = 510 };

enum needs { NOTHING, HELO, ANY_SENDER, SENDER, RECIPIENT, ETRN };
enum takes { NO_ARGUMENT, ARGUMENT };

static const struct restriction {
    const char *name;
    enum needs needs;
    enum takes takes;
    access_check *check;
} restrictions[] = {
#define RESTRICTION(name, needs, takes, function) \
    { name, needs, takes, function },
#include "smtp/restrictions.def"
#undef RESTRICTION
};

/* ---- verdicts ---- */

/* A verdict outlives the command: it may be kept for the next stage. */
static struct arena *verdict_arena(struct session *s)
{
    return s->mail.active ? s->mail_arena : s->arena;
}

/* "CODE DSN TEXT" as it may be sent. */
static const char *reply_vformat(struct session *s, int code, const char *dsn,
                                 const char *format, va_list args)
{
    struct arena *arena = verdict_arena(s);
    char *text = arena_vprintf(arena, format, args);
    char *reply = arena_printf(arena, "%d %c%s %s", code, '0' + code / 100,
                               dsn + 1, text);

    if (strlen(reply) > REPLY_MAX)
        reply[REPLY_MAX] = '\0';
    return text_printable(reply, ' ', true);
}

static enum access_result refuse(struct access *a, const char *reply)
{
    struct session *s = a->s;

    if (s->if_reject.active && reply[0] == '5')
        reply = s->if_reject.reply;
    session_log(s, "reject", reply);
    s->reject_reply = reply;
    notify_problem(s, a->is_bounce ? NOTIFY_BOUNCE : NOTIFY_POLICY);
    return ACCESS_REJECT;
}

enum access_result access_reject(struct access *a, int code, const char *dsn,
                                 const char *format, ...)
{
    va_list args;

    if (code < 400 || code > 599) {
        log_warning("bad reject code %d: using 450", code);
        code = 450;
    }
    va_start(args, format);
    const char *reply = reply_vformat(a->s, code, dsn, format, args);
    va_end(args);
    if (a->warn) {
        session_log(a->s, "reject_warning", reply);
        return ACCESS_DUNNO;
    }
    return refuse(a, reply);
}

/* 4.3.0 is a table that gave no answer, 4.3.5 a fault of the configuration; if
 * it says who is refused, it is one more refusal. */
static enum notify_class trouble_class(const char *reply)
{
    if (text_has_prefix(reply, "451 4.3.0 "))
        return NOTIFY_DATA;
    return text_has_prefix(reply, "451 4.3.5 <") ? NOTIFY_POLICY
                                                 : NOTIFY_SOFTWARE;
}

enum access_result access_trouble(struct access *a, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    a->s->reject_reply = arena_vprintf(verdict_arena(a->s), format, args);
    va_end(args);
    session_log(a->s, "reject", a->s->reject_reply);
    notify_problem(a->s, trouble_class(a->s->reject_reply));
    return ACCESS_REJECT;
}

/* The first verdict of a kind stays. */
static void remember(struct access *a, struct deferred_verdict *verdict,
                     const char *reply)
{
    if (a->warn) {
        session_log(a->s, "reject_warning", reply);
        return;
    }
    if (!verdict->active)
        *verdict = (struct deferred_verdict) { true, reply };
}

void access_defer_if_permit(struct access *a, int code, const char *dsn,
                            const char *format, ...)
{
    va_list args;

    va_start(args, format);
    remember(a, &a->s->if_permit,
             reply_vformat(a->s, code, dsn, format, args));
    va_end(args);
}

void access_defer_if_reject(struct access *a, int code, const char *dsn,
                            const char *format, ...)
{
    va_list args;

    va_start(args, format);
    remember(a, &a->s->if_reject,
             reply_vformat(a->s, code, dsn, format, args));
    va_end(args);
}

enum access_result access_tempfail(struct access *a, const char *action,
                                   const char *dsn, const char *text)
{
    if (text_equal_nocase(action, "defer"))
        return access_reject(a, 450, dsn, "%s", text);
    access_defer_if_permit(a, 450, dsn, "%s", text);
    return ACCESS_DUNNO;
}

void access_log_permit(struct session *s, const char *action,
                       const char *class_name, const char *name,
                       const char *table)
{
    if (match_list_is_empty(settings()->permit_actions) ||
        match_list_has(settings()->permit_actions, action, NULL, NULL) !=
            FOUND)
        return;
    session_log(s, "permit",
                arena_printf(s->line_arena, "action=%s for %s=%s %s%s", action,
                             class_name, name, table ? "from " : "",
                             table ? table : ""));
}

/* A restriction that is about the client says so in any list. */
static void log_permit(struct access *a, const struct restriction *r)
{
    bool client = r->needs == NOTHING && text_has_prefix(r->name, "permit_");

    access_log_permit(a->s, r->name, client ? "Client host" : a->class_name,
                      client ? a->s->peer.label : a->reply_name, NULL);
}

/* ---- lists ---- */

static const struct restriction *find_restriction(const char *name)
{
    for (size_t i = 0; i < sizeof restrictions / sizeof *restrictions; i++)
        if (text_equal_nocase(restrictions[i].name, name))
            return &restrictions[i];
    return NULL;
}

static bool is_known(const struct session *s, enum needs needs)
{
    switch (needs) {
    case NOTHING:
        return true;
    case HELO:
        return s->helo != NULL;
    case ANY_SENDER:
        return s->mail.active;
    case SENDER:
        return s->mail.active && s->mail.sender[0] != '\0';
    case RECIPIENT:
        return s->recipient != NULL;
    case ETRN:
        return s->etrn_domain != NULL;
    }
    return false;
}

/* Nobody can know what was meant, so nothing may pass. */
static enum access_result configuration_error(struct access *a,
                                              const char *problem,
                                              const char *word)
{
    const char *list = a->parameter;

    if (list == NULL)
        log_warning("%s: \"%s\"", problem, word);
    else
        log_warning("%s: \"%s\" in parameter %s (%s)", problem, word, list,
                    config_where(service_config(), list));
    return access_trouble(a, "451 4.3.5 Server configuration error");
}

static enum access_result check_one(struct access *a, const char *name,
                                    const char *argument)
{
    const struct restriction *r = find_restriction(name);

    if (!is_known(a->s, r->needs))
        return ACCESS_DUNNO;
    a->restriction = r->name;
    enum access_result result = r->check(a, argument);
    session_trace(a->s, "generic_checks: name=%s status=%s", name,
                  result == ACCESS_OK       ? "permit"
                  : result == ACCESS_REJECT ? "reject"
                                            : "none");
    if (result == ACCESS_OK && r->takes == NO_ARGUMENT)
        log_permit(a, r);
    return result;
}

static enum access_result check_class(struct access *a, char *const *words)
{
    struct access inner = *a;

    if (++inner.depth > LISTS_IN_LISTS_MAX) {
        return configuration_error(a, "restriction lists in too many "
                                   "restriction lists", *words);
    }
    return access_list(&inner, words);
}

/* A table by itself: "hash:/etc/postfix/access". */
static enum access_result check_bare_table(struct access *a, const char *word)
{
    if (word[strlen(word) - 1] == ':')
        return configuration_error(a, "a restriction or table type with "
                                   "nothing behind the \":\"", word);
    if (a->default_check != NULL && !a->from_table)
        return check_one(a, a->default_check, word);
    return configuration_error(a, "a table needs a check_xxx_access "
                               "restriction before it", word);
}

static void warn_if_last(const char *name, const char *next)
{
    static const char *const last[] = { "permit", "reject", "defer" };

    for (size_t i = 0; next != NULL && i < sizeof last / sizeof *last; i++)
        if (text_equal_nocase(name, last[i]))
            log_warning("restriction \"%s\" after \"%s\" is ignored", next,
                        last[i]);
}

/* One restriction at *cursor, which is moved behind it and its argument. */
static enum access_result step(struct access *a, char *const **cursor)
{
    const char *name = *(*cursor)++;
    char *const *class_words = hash_get(settings()->classes, name);

    if (class_words != NULL)
        return check_class(a, class_words);
    if (strchr(name, ':') != NULL)
        return check_bare_table(a, name);
    const struct restriction *r = find_restriction(name);
    if (r == NULL)
        return configuration_error(a, "unknown smtpd restriction", name);
    if (r->takes == NO_ARGUMENT) {
        warn_if_last(name, **cursor);
        return check_one(a, name, NULL);
    }
    if (**cursor == NULL)
        return configuration_error(a, "restriction requires an argument",
                                   name);
    return check_one(a, name, *(*cursor)++);
}

enum access_result access_list(struct access *a, char *const *words)
{
    bool warn_outside = a->warn;
    enum access_result result = ACCESS_DUNNO;

    while (*words != NULL && result == ACCESS_DUNNO) {
        if (text_equal_nocase(*words, "warn_if_reject")) {
            a->warn = true;
            words++;
            continue;
        }
        result = step(a, &words);
        a->warn = warn_outside;
    }
    a->warn = warn_outside;
    return result;
}

/* ---- stages ---- */

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
    session_trace(s, ">>> START %s RESTRICTIONS <<<", class_name);
    enum access_result result = access_list(&a, list->words);
    session_trace(s, ">>> END %s RESTRICTIONS <<<", class_name);
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
