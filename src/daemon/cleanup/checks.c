/* SPDX-License-Identifier: ISC
 *
 * checks.c - header_checks, body_checks and their actions.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "client/client.h"
#include "mail/address.h"
#include "mail/dsn.h"
#include "message.h"
#include "table/maps.h"

enum check_class { CHECK_HEADER, CHECK_MIME, CHECK_NESTED, CHECK_BODY,
                   CHECK_CLASSES };

static struct check {
    const char *title;
    struct maps *maps;
} checks[CHECK_CLASSES];

void checks_set_up(void)
{
    const struct {
        enum check_class class;
        const char *title, *list;
    } rows[] = {
        { CHECK_HEADER, "header_checks", cleanup_params.header_checks },
        { CHECK_MIME, "mime_header_checks", cleanup_params.mime_header_checks },
        { CHECK_NESTED, "nested_header_checks",
          cleanup_params.nested_header_checks },
        { CHECK_BODY, "body_checks", cleanup_params.body_checks },
    };

    for (size_t i = 0; i < CHECK_CLASSES; i++)
        checks[rows[i].class] = (struct check) {
            rows[i].title, maps_open(rows[i].title, rows[i].list, TABLE_FOLD)
        };
}

bool checks_have_body(void)
{
    return !maps_is_empty(checks[CHECK_BODY].maps);
}

/* ---- the log ---- */

static void add_pair(struct str *out, const char *name, const char *value)
{
    if (*value != '\0')
        str_addf(out, " %s=%s", name, value);
}

static void add_address(struct message *m, struct str *out, const char *name,
                        const char *address)
{
    str_addf(out, " %s=<%s>", name, logged_address(m->arena, address));
}

void checks_log(const struct message *m, const char *word, const char *kind,
                const char *line, const char *text)
{
    enum { SHOWN_MAX = 200 };
    struct message *mutable = (struct message *)(size_t)m;
    char *shown = arena_strndup(m->arena, line,
                                strnlen(line, SHOWN_MAX));
    struct str out = STR_EMPTY;

    text_printable(shown, '?', true);
    str_addf(&out, "%s: %s: %s %s from %s;", m->id, word, kind, shown,
             *m->origin.client != '\0' ? m->origin.client : "local");
    if (m->sender != NULL)
        add_address(mutable, &out, "from", m->sender);
    if (m->last_recipient != NULL)
        add_address(mutable, &out, "to", m->last_recipient);
    if (!text_has_prefix(kind, "mime-error")) {
        add_pair(&out, "proto", m->origin.protocol);
        if (*m->origin.helo != '\0')
            str_addf(&out, " helo=<%s>", m->origin.helo);
    }
    if (text != NULL && *text != '\0')
        str_addf(&out, ": %s", text);
    log_info("%s", out.data);
    str_fini(&out);
}

/* ---- actions ---- */

/* One line or header, and what a table says about it. */
struct finding {
    struct message *m;
    enum check_class class;
    const char *line;
    const char *argument;   /* behind the action's name */
    const char *new_text;   /* REPLACE */
};

static bool is_header(const struct finding *f)
{
    return f->class != CHECK_BODY;
}

static const char *title_of(const struct finding *f)
{
    return checks[f->class].title;
}

static void log_finding(const struct finding *f, const char *word,
                        const char *text)
{
    checks_log(f->m, word, is_header(f) ? "header" : "body", f->line, text);
}

static enum check_verdict act_nothing(struct finding *f)
{
    (void)f;
    return CHECK_KEEP;
}

static enum check_verdict act_reject(struct finding *f)
{
    const char *text = *f->argument != '\0' ? f->argument
                                            : "message content rejected";
    size_t code = dsn_status_length(text);
    struct dsn dsn;

    if (code > 0 && text[0] != '4' && text[0] != '5')
        code = 0;
    dsn_split(f->m->arena, code > 0 && text[0] == '4' ? "4.7.1" : "5.7.1",
              text, &dsn);
    const char *reason =
        arena_printf(f->m->arena, "%s %s", dsn.status, dsn.reason);
    log_finding(f, "reject", reason);
    message_fail(f->m,
                 dsn.status[0] == '4' ? CLEANUP_STAT_DEFER
                                      : CLEANUP_STAT_CONTENT,
                 reason);
    f->m->checks_off = true;
    return CHECK_KEEP;
}

static enum check_verdict act_log(struct finding *f, const char *word)
{
    log_finding(f, word, f->argument);
    return CHECK_KEEP;
}

static enum check_verdict act_warn(struct finding *f)
{
    return act_log(f, "warning");
}

static enum check_verdict act_info(struct finding *f)
{
    return act_log(f, "info");
}

static enum check_verdict act_pass(struct finding *f)
{
    f->m->checks_off = true;
    f->m->flags &= ~CLEANUP_MILTER;
    return act_log(f, "pass");
}

static enum check_verdict act_ignore(struct finding *f)
{
    (void)f;
    return CHECK_DROP;
}

static enum check_verdict act_strip(struct finding *f)
{
    log_finding(f, "strip", f->argument);
    return CHECK_DROP;
}

static enum check_verdict act_discard(struct finding *f)
{
    f->m->checks_off = true;
    f->m->flags |= CLEANUP_DISCARD;
    return act_log(f, "discard");
}

static enum check_verdict act_hold(struct finding *f)
{
    if (f->m->flags & CLEANUP_HOLD)
        return CHECK_KEEP;
    f->m->flags |= CLEANUP_HOLD;
    return act_log(f, "hold");
}

static enum check_verdict act_filter(struct finding *f)
{
    if (*f->argument == '\0') {
        log_warning("missing FILTER command argument in %s map", title_of(f));
    } else if (strchr(f->argument, ':') == NULL) {
        log_warning("bad FILTER command %s in %s -- need "
                    "transport:destination",
                    f->argument, title_of(f));
    } else {
        f->m->filter = f->argument;
        log_finding(f, "filter", f->argument);
    }
    return CHECK_KEEP;
}

static bool is_full_address(const struct finding *f, const char *word)
{
    const char *at = address_at(f->argument);

    if (at != NULL && at > f->argument && at[1] != '\0')
        return true;
    log_warning("bad %s target \"%s\" in %s map -- need user@domain", word,
                f->argument, title_of(f));
    return false;
}

static enum check_verdict act_redirect(struct finding *f)
{
    if (!is_full_address(f, "REDIRECT"))
        return CHECK_KEEP;
    f->m->redirect = f->argument;
    f->m->checks_off = true;
    return act_log(f, "redirect");
}

static enum check_verdict act_bcc(struct finding *f)
{
    if (!is_full_address(f, "BCC"))
        return CHECK_KEEP;
    ARRAY_ADD(&f->m->bcc, f->argument);
    return act_log(f, "bcc");
}

/* The text for PREPEND and REPLACE must be a header where headers are. */
static bool is_usable_text(const struct finding *f, const char *word)
{
    if (*f->argument == '\0') {
        log_warning("%s action without text in %s map", word, title_of(f));
        return false;
    }
    if (!is_header(f) ||
        header_name_length(f->argument, strlen(f->argument)) > 0)
        return true;
    log_warning("bad %s header text \"%s\" in %s map -- need \"headername: "
                "headervalue\"",
                word, f->argument, title_of(f));
    return false;
}

static enum check_verdict act_prepend(struct finding *f)
{
    if (!is_usable_text(f, "PREPEND"))
        return CHECK_KEEP;
    log_finding(f, "prepend", f->argument);
    output_lines(f->m, f->argument, strlen(f->argument));
    return CHECK_KEEP;
}

static enum check_verdict act_replace(struct finding *f)
{
    if (!is_usable_text(f, "REPLACE"))
        return CHECK_KEEP;
    log_finding(f, "replace", f->argument);
    f->new_text = f->argument;
    return CHECK_KEEP;
}

static const struct action {
    const char *name;
    enum check_verdict (*act)(struct finding *f);
} actions[] = {
    { "DUNNO", act_nothing },     { "OK", act_nothing },
    { "REJECT", act_reject },     { "WARN", act_warn },
    { "INFO", act_info },         { "PASS", act_pass },
    { "IGNORE", act_ignore },     { "STRIP", act_strip },
    { "DISCARD", act_discard },   { "HOLD", act_hold },
    { "FILTER", act_filter },     { "REDIRECT", act_redirect },
    { "BCC", act_bcc },           { "PREPEND", act_prepend },
    { "REPLACE", act_replace },
};

static enum check_verdict act_on(struct finding *f, const char *value)
{
    char *rest = arena_strdup(f->m->arena, value);
    char *name = text_token(&rest, " \t");

    if (name == NULL)
        return CHECK_KEEP;
    f->argument = rest == NULL ? "" : text_trim(rest);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (text_equal_nocase(actions[i].name, name))
            return actions[i].act(f);
    log_warning("unknown command in %s map: %s", title_of(f), value);
    return CHECK_KEEP;
}

/* ---- lookups ---- */

static enum check_verdict check(struct finding *f)
{
    struct check *c = &checks[f->class];
    struct str value = STR_EMPTY;
    enum check_verdict verdict = CHECK_KEEP;

    switch (maps_get(c->maps, f->line, false, &value)) {
    case FOUND: verdict = act_on(f, value.data); break;
    case ABSENT: break;
    case FAILED:
        log_warning("%s: %s map lookup problem -- message not accepted, try "
                    "again later",
                    f->m->id, c->title);
        message_fail(f->m, CLEANUP_STAT_WRITE, NULL);
        break;
    }
    str_fini(&value);
    return verdict;
}

static enum check_class class_of(enum mime_place place,
                                 const struct header_info *info)
{
    if (place == MIME_MULTIPART ||
        (info != NULL && (info->flags & HEADER_MIME)))
        return CHECK_MIME;
    return place == MIME_PRIMARY ? CHECK_HEADER : CHECK_NESTED;
}

enum check_verdict checks_header(struct message *m, enum mime_place place,
                                 const struct header_info **info,
                                 const char **text)
{
    struct finding f = { .m = m, .class = class_of(place, *info),
                         .line = *text };

    if (!(m->flags & CLEANUP_FILTER) || m->checks_off ||
        maps_is_empty(checks[f.class].maps))
        return CHECK_KEEP;
    enum check_verdict verdict = check(&f);
    if (f.new_text != NULL) {
        *text = f.new_text;
        *info = header_find(f.new_text);
    }
    return verdict;
}

enum check_verdict checks_body(struct message *m, const char **text,
                               size_t *length)
{
    struct finding f = { .m = m, .class = CHECK_BODY,
                         .line = *text };

    enum check_verdict verdict = check(&f);
    if (f.new_text != NULL) {
        *text = f.new_text;
        *length = strlen(f.new_text);
    }
    return verdict;
}
