/* SPDX-License-Identifier: ISC
 *
 * access_action.c - what the right-hand side of an access(5) table does.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/dsn.h"
#include "mail/header.h"

/* One result of one lookup. */
struct match {
    struct access *a;
    const char *table, *datum;
    const char *reply_name, *class_name;
    const char *word; /* of the action, as it stands in the table */
    const char *text; /* what is behind it */
};

/* ---- enhanced codes of addresses ---- */

/* What x.1.N becomes for a sender and for a recipient; by N, else 0. */
static const char sender_details[] = "078770778";
static const char recipient_details[] = "012345632";

static int detail_for(const char *class_name, int detail)
{
    bool sender = strcmp(class_name, "Sender address") == 0;

    if (detail < 0 || detail > 8)
        return 0;
    return (sender ? sender_details : recipient_details)[detail] - '0';
}

/* A table may serve all kinds of address; a code about a recipient is made
 * one about a sender where need be, and the other way round. */
const char *access_fit_status(struct access *a, const char *class_name,
                              const char *status)
{
    struct arena *arena = a->s->line_arena;
    const char *fitted;

    if (strncmp(status + 1, ".1.", 3) != 0)
        return status;
    if (strcmp(class_name, "Sender address") == 0 ||
        strcmp(class_name, "Recipient address") == 0)
        fitted = arena_printf(arena, "%c.1.%d", status[0],
                              detail_for(class_name, atoi(status + 4)));
    else
        fitted = arena_printf(arena, "%c.0.0", status[0]);
    if (strcmp(fitted, status) != 0)
        log_info("mapping DSN status %s into %s status %s", status,
                 class_name, fitted);
    return fitted;
}

/* Split "[code ]text", with fallbacks for both. */
static void split_text(struct match *m, const char *default_status,
                       const char *default_text, const char **status,
                       const char **text)
{
    struct arena *arena = m->a->s->line_arena;
    size_t length = dsn_status_length(m->text);
    const char *rest = m->text + length;

    *status = length ? arena_strndup(arena, m->text, length) : default_status;
    while (*rest == ' ' || *rest == '\t')
        rest++;
    *text = *rest ? rest : default_text;
    *status = access_fit_status(m->a, m->class_name, *status);
}

static enum access_result refuse(struct match *m, int code,
                                 const char *default_status)
{
    const char *status, *text;

    split_text(m, default_status, "Access denied", &status, &text);
    return access_reject(m->a, code, status, "<%s>: %s rejected: %s",
                         m->reply_name, m->class_name, text);
}

/* ---- the actions ---- */

static enum access_result act_ok(struct match *m)
{
    access_log_permit(m->a->s, m->word, m->class_name, m->reply_name,
                      m->table);
    return ACCESS_OK;
}

static enum access_result act_dunno(struct match *m)
{
    (void)m;
    return ACCESS_DUNNO;
}

static enum access_result act_reject(struct match *m)
{
    return refuse(m, (int)smtpd_params.access_map_reject_code, "5.7.1");
}

static enum access_result act_defer(struct match *m)
{
    return refuse(m, (int)smtpd_params.access_map_defer_code, "4.7.1");
}

static enum access_result act_defer_if_permit(struct match *m)
{
    const char *status, *text;

    split_text(m, "4.7.1", "Service unavailable", &status, &text);
    access_defer_if_permit(m->a, (int)smtpd_params.access_map_defer_code,
                           status, "<%s>: %s rejected: %s", m->reply_name,
                           m->class_name, text);
    return ACCESS_DUNNO;
}

static enum access_result act_defer_if_reject(struct match *m)
{
    const char *status, *text;

    split_text(m, "4.7.1", "Service unavailable", &status, &text);
    access_defer_if_reject(m->a, (int)smtpd_params.access_map_defer_code,
                           status, "<%s>: %s rejected: %s", m->reply_name,
                           m->class_name, text);
    return ACCESS_DUNNO;
}

/* "<x>: Sender address triggers HOLD action", or with the action's text. */
static void log_trigger(struct match *m, const char *action, const char *word,
                        const char *what)
{
    struct arena *arena = m->a->s->line_arena;

    if (*what == '\0')
        what = arena_printf(arena, "triggers %s action", word);
    session_log(m->a->s, action,
                arena_printf(arena, "<%s>: %s %s", m->reply_name,
                             m->class_name, what));
}

/* Cleanup cannot be told before there is a message. */
static bool can_delegate(struct match *m, const char *action)
{
    if (m->a->s->mail.active)
        return true;
    log_warning("access table %s: with %s specified, action %s is "
                "unavailable",
                m->table, "smtpd_delay_reject=no or ETRN", action);
    return false;
}

static enum access_result act_hold(struct match *m)
{
    struct session *s = m->a->s;

    if (!can_delegate(m, "HOLD") || s->mail.hold_logged)
        return ACCESS_DUNNO;
    log_trigger(m, "hold", "HOLD", m->text);
    s->mail.hold_logged = true;
    s->mail.delegated.flags |= CLEANUP_HOLD;
    return ACCESS_DUNNO;
}

static enum access_result act_discard(struct match *m)
{
    struct session *s = m->a->s;

    if (!can_delegate(m, "DISCARD"))
        return ACCESS_DUNNO;
    log_trigger(m, "discard", "DISCARD", m->text);
    s->mail.discard = true;
    s->mail.delegated.flags |= CLEANUP_DISCARD;
    return ACCESS_OK;
}

static char *keep_text(struct match *m)
{
    return arena_strdup(m->a->s->mail_arena, m->text);
}

static void log_with_text(struct match *m, const char *action,
                          const char *word)
{
    session_log(m->a->s, action,
                arena_printf(m->a->s->line_arena, "<%s>: %s triggers %s %s",
                             m->reply_name, m->class_name, word, m->text));
}

static enum access_result act_filter(struct match *m)
{
    if (!can_delegate(m, "FILTER"))
        return ACCESS_DUNNO;
    if (strchr(m->text, ':') == NULL) {
        log_warning("access table %s entry \"%s\" requires "
                    "transport:destination",
                    m->table, m->datum);
        return ACCESS_DUNNO;
    }
    log_with_text(m, "filter", "FILTER");
    m->a->s->mail.delegated.filter = keep_text(m);
    return ACCESS_DUNNO;
}

static bool has_address(struct match *m)
{
    if (strchr(m->text, '@') != NULL)
        return true;
    log_warning("access table %s entry \"%s\" requires user@domain target",
                m->table, m->datum);
    return false;
}

static enum access_result act_redirect(struct match *m)
{
    if (!can_delegate(m, "REDIRECT") || !has_address(m))
        return ACCESS_DUNNO;
    log_with_text(m, "redirect", "REDIRECT");
    m->a->s->mail.delegated.redirect = keep_text(m);
    return ACCESS_DUNNO;
}

static enum access_result act_bcc(struct match *m)
{
    if (!can_delegate(m, "BCC") || !has_address(m))
        return ACCESS_DUNNO;
    log_with_text(m, "bcc", "BCC");
    ARRAY_ADD(&m->a->s->mail.delegated.bcc, keep_text(m));
    return ACCESS_DUNNO;
}

static enum access_result act_prepend(struct match *m)
{
    struct session *s = m->a->s;

    if (!s->mail.active || strcmp(s->where, "END-OF-MESSAGE") == 0) {
        log_warning("access table %s: action PREPEND must be used before the "
                    "message content is received, and after MAIL",
                    m->table);
        return ACCESS_DUNNO;
    }
    if (header_name_length(m->text, strlen(m->text)) == 0) {
        log_warning("access table %s entry \"%s\" requires header: text",
                    m->table, m->datum);
        return ACCESS_DUNNO;
    }
    ARRAY_ADD(&s->mail.prepended, keep_text(m));
    return ACCESS_DUNNO;
}

static enum access_result act_warn(struct match *m)
{
    session_log(m->a->s, "warn", m->text);
    return ACCESS_DUNNO;
}

static enum access_result act_info(struct match *m)
{
    session_log(m->a->s, "info", m->text);
    return ACCESS_DUNNO;
}

static enum access_result act_hangup(struct match *m)
{
    session_log(m->a->s, "hangup", m->text);
    m->a->s->hang_up = true;
    m->a->s->reject_reply = NULL;
    return ACCESS_REJECT;
}

static const struct {
    const char *word;
    enum access_result (*act)(struct match *m);
    bool needs_text; /* and has no check of its own */
} actions[] = {
    { "OK", act_ok, false },
    { "RELAY", act_ok, false },
    { "DUNNO", act_dunno, false },
    { "REJECT", act_reject, false },
    { "DEFER", act_defer, false },
    { "DEFER_IF_PERMIT", act_defer_if_permit, false },
    { "DEFER_IF_REJECT", act_defer_if_reject, false },
    { "HOLD", act_hold, false },
    { "DISCARD", act_discard, false },
    { "FILTER", act_filter, true },
    { "REDIRECT", act_redirect, false },
    { "BCC", act_bcc, false },
    { "PREPEND", act_prepend, false },
    { "WARN", act_warn, false },
    { "INFO", act_info, false },
    { "HANGUP", act_hangup, false },
};

/* "450 text": the code, or 0. */
static int numeric_code(const char *action)
{
    if ((action[0] != '4' && action[0] != '5') ||
        !isdigit((unsigned char)action[1]) ||
        !isdigit((unsigned char)action[2]) || !text_is_space(action[3]))
        return 0;
    return atoi(action);
}

/* Tables are opened at start: they cannot stand in another. */
static bool has_table(struct match *m, const char *action)
{
    if (strchr(action, ':') == NULL)
        return false;
    log_warning("access table %s has entry with lookup table: %s", m->table,
                action);
    log_warning("do not specify lookup tables inside SMTPD access maps");
    log_warning("define a restriction class and specify its name instead.");
    return true;
}

/* Anything else is a list of restrictions. */
static enum access_result act_list(struct match *m, const char *action)
{
    struct access inner = *m->a;

    if (has_table(m, action))
        return access_trouble(m->a, "451 4.3.5 Server configuration error");
    inner.from_table = true;
    inner.parameter = NULL;
    if (++inner.depth > LISTS_IN_LISTS_MAX) {
        log_warning("access table %s entry \"%s\": restrictions nest too "
                    "deep",
                    m->table, m->datum);
        return access_trouble(m->a, "451 4.3.5 Server configuration error");
    }
    return access_list(&inner,
                       settings_words(m->a->s->line_arena, action));
}

enum access_result access_action(struct access *a, const char *table,
                                 const char *datum, const char *action,
                                 const char *reply_name,
                                 const char *class_name)
{
    struct match m = { a, table, datum, reply_name, class_name, "", "" };
    size_t length = strcspn(action, " \t");

    m.word = arena_strndup(a->s->line_arena, action, length);
    m.text = action + length + strspn(action + length, " \t");
    if (numeric_code(action) != 0)
        return refuse(&m, numeric_code(action),
                      action[0] == '4' ? "4.7.1" : "5.7.1");
    if (text_is_all_digits(action) && *m.text == '\0')
        return act_ok(&m);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strlen(actions[i].word) != length ||
            !text_equal_nocase_n(actions[i].word, action, length))
            continue;
        if (!actions[i].needs_text || *m.text != '\0')
            return actions[i].act(&m);
        log_warning("access table %s entry \"%s\" has %s entry without value",
                    table, datum, actions[i].word);
        return ACCESS_DUNNO;
    }
    return act_list(&m, action);
}
