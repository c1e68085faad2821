/* SPDX-License-Identifier: ISC
 *
 * access.c - walking lists of restrictions, and their verdicts.
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
#include "notify.h"
#include "service/service.h"

enum { REPLY_MAX = 510 };

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

/* "CODE DSN TEXT" as it may be sent. */
static const char *reply_vformat(struct session *s, int code, const char *dsn,
                                 const char *format, va_list args)
{
    char *text = arena_vprintf(s->line_arena, format, args);
    char *reply = arena_printf(s->line_arena, "%d %c%s %s", code,
                               '0' + code / 100, dsn + 1, text);

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
    a->s->reject_reply = arena_vprintf(a->s->line_arena, format, args);
    va_end(args);
    session_log(a->s, "reject", a->s->reject_reply);
    notify_problem(a->s, trouble_class(a->s->reject_reply));
    return ACCESS_REJECT;
}

/* The first verdict of a kind stays, until the next stage or beyond it. */
static void remember(struct access *a, struct deferred_verdict *verdict,
                     const char *reply)
{
    struct session *s = a->s;
    struct arena *arena = s->mail.active ? s->mail_arena : s->arena;

    if (a->warn)
        session_log(s, "reject_warning", reply);
    else if (!verdict->active)
        *verdict = (struct deferred_verdict) { true,
                                               arena_strdup(arena, reply) };
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
    log_trace(a->s->verbosity, "generic_checks: name=%s status=%s", name,
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
