/* SPDX-License-Identifier: ISC
 *
 * template.c - the words of a notice: built in, or from bounce_template_file.
 *
 * A template with a mistake is ignored, but while its text has a name that does
 * not exist nothing is sent: the mail waits until the file is mended.
 */
#include <stdlib.h>
#include <string.h>

#include "base/expand.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "bounce.h"
#include "config/main_cf.h"
#include "config/params.h"
#include "mail/header.h"
#include "service/service.h"

enum { TEMPLATE_FILE_MAX = 1 << 20 };

#define FOOTER                                                       \
    "For further assistance, please send mail to postmaster.\n"     \
    "\n"                                                             \
    "If you do so, please include this problem report. You can\n"   \
    "delete your own text from the attached returned message.\n"    \
    "\n"                                                             \
    "                   The mail system\n"
#define GREETING "This is the mail system at host $myhostname.\n\n"
#define FROM "MAILER-DAEMON (Mail Delivery System)"

static struct template templates[TEMPLATE_KINDS] = {
    [TEMPLATE_FAILURE] = {
        "failure_template", "[built-in]", "us-ascii", FROM,
        "Undelivered Mail Returned to Sender",
        "Postmaster Copy: Undelivered Mail",
        GREETING
        "I'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n"
        "\n" FOOTER },
    [TEMPLATE_DELAY] = {
        "delay_template", "[built-in]", "us-ascii", FROM,
        "Delayed Mail (still being retried)",
        "Postmaster Warning: Delayed Mail",
        GREETING
        "#################################################"
        "###################\n"
        "# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESE"
        "ND YOUR MESSAGE. #\n"
        "#################################################"
        "###################\n"
        "\n"
        "Your message could not be delivered for more than "
        "$delay_warning_time_hours hour(s).\n"
        "It will be retried until it is $maximal_queue_lifetime_days day(s) "
        "old.\n"
        "\n" FOOTER },
    [TEMPLATE_SUCCESS] = {
        "success_template", "[built-in]", "us-ascii", FROM,
        "Successful Mail Delivery Report", "",
        GREETING
        "Your message was successfully delivered to the destination(s)\n"
        "listed below. If the message was delivered to mailbox you will\n"
        "receive no further notifications. Otherwise you may still receive\n"
        "notifications of mail delivery errors from other systems.\n"
        "\n"
        "                   The mail system\n" },
    [TEMPLATE_VERIFY] = {
        "verify_template", "[built-in]", "us-ascii", FROM,
        "Mail Delivery Status Report", "",
        GREETING
        "Enclosed is the mail delivery report that you requested.\n"
        "\n"
        "                   The mail system\n" },
};

const struct template *template_get(enum template_kind kind)
{
    return &templates[kind];
}

/* ---- the file ---- */

static const char **header_slot(struct template *t, const char *name)
{
    if (text_equal_nocase(name, "Charset"))
        return &t->charset;
    if (text_equal_nocase(name, "From"))
        return &t->from;
    if (text_equal_nocase(name, "Subject"))
        return &t->subject;
    if (text_equal_nocase(name, "Postmaster-Subject"))
        return &t->postmaster_subject;
    return NULL;
}

static struct template *template_named(const char *name)
{
    for (int i = 0; i < TEMPLATE_KINDS; i++)
        if (strcmp(templates[i].name, name) == 0)
            return &templates[i];
    return NULL;
}

struct source {
    char *next;       /* borrowed, cut up while reading */
    const char *path;
    int line;         /* the next one, which is how errors count */
};

static char *next_line(struct source *in)
{
    char *line = in->next;

    if (line == NULL || *line == '\0')
        return NULL;
    char *end = strchr(line, '\n');
    in->next = end != NULL ? end + 1 : NULL;
    if (end != NULL)
        *end = '\0';
    in->line++;
    return line;
}

/* "failure_template" in words. */
static const char *kind_of(const struct template *t)
{
    static const char *const words[TEMPLATE_KINDS] = {
        [TEMPLATE_FAILURE] = "failure", [TEMPLATE_DELAY] = "delay",
        [TEMPLATE_SUCCESS] = "success", [TEMPLATE_VERIFY] = "verify",
    };
    return words[template_named(t->name) - templates];
}

static bool read_header(struct template *t, char *line, size_t name_length)
{
    char *value = text_trim(strchr(line + name_length, ':') + 1);

    line[name_length] = '\0';
    const char **slot = header_slot(t, line);
    if (slot == NULL) {
        log_warning("%s: unknown \"%s\" header label in %s template -- "
                    "ignoring this template",
                    t->origin, line, kind_of(t));
        return false;
    }
    if (!text_is_ascii(value)) {
        log_warning("%s: non-ASCII \"%s\" header value in %s template -- "
                    "ignoring this template",
                    t->origin, line, kind_of(t));
        return false;
    }
    *slot = mem_strdup(value); /* kept as long as the process */
    return true;
}

static bool text_is_usable(const struct template *t)
{
    if (*t->text == '\0') {
        log_warning("%s: missing message text in %s template -- ignoring this "
                    "template",
                    t->origin, kind_of(t));
        return false;
    }
    if (text_is_ascii(t->text) || !text_equal_nocase(t->charset, "us-ascii"))
        return true;
    log_warning("%s: 8-bit message text in %s template", t->origin,
                kind_of(t));
    log_warning("please specify a charset value other than us-ascii");
    log_warning("-- ignoring this template for now");
    return false;
}

/* Headers, then text after empty lines; a text may also begin at once. */
static void read_template(struct template *known, char *lines,
                          const char *path)
{
    struct template read = *known;
    struct source in = { .next = lines };
    struct str text = STR_EMPTY;
    bool in_headers = true, good = true;

    read.origin = path;
    for (char *line; good && (line = next_line(&in)) != NULL;) {
        size_t name = in_headers ? header_name_length(line, strlen(line)) : 0;
        if (name > 0) {
            good = read_header(&read, line, name);
            continue;
        }
        in_headers = false;
        if (*line != '\0' || text.length > 0)
            str_addf(&text, "%s\n", line);
    }
    read.text = str_steal(&text);
    if (good && text_is_usable(&read))
        *known = read;
}

/* The lines up to <end>. */
static void read_value(struct source *in, const char *end, struct str *out)
{
    char *line;

    while ((line = next_line(in)) != NULL && strcmp(line, end) != 0)
        str_addf(out, "%s\n", line);
    if (line == NULL)
        log_warning("%s, line %d: missing \"%s\" end marker", in->path,
                    in->line, end);
}

/* "name = <<EOF" and lines, or "name = line". A file that is not of this form
 * was not meant to be one: it stops the service, and the mail waits. */
static void read_entry(struct source *in, char *line)
{
    char *equals = strchr(line, '=');
    struct str lines = STR_EMPTY;

    if (equals == NULL)
        fatal("%s, line %d: missing '=' after attribute name: \"%s\"",
              in->path, in->line, line);
    *equals = '\0';
    const char *name = text_trim(line), *value = text_trim(equals + 1);
    if (strncmp(value, "<<", 2) == 0)
        read_value(in, value + 2 + strspn(value + 2, " \t"), &lines);
    else
        str_addf(&lines, "%s\n", value);
    struct template *known = template_named(name);
    if (known != NULL)
        read_template(known, lines.data, in->path);
    else
        log_warning("%s, line %d: unknown template name: %s -- ignoring this "
                    "template",
                    in->path, in->line, name);
    str_fini(&lines);
}

void templates_load(const char *path)
{
    struct str text = STR_EMPTY;
    struct error why = ERROR_NONE;

    if (*path == '\0')
        return;
    if (!file_read(path, TEMPLATE_FILE_MAX, &text, &why))
        fatal("%s", why.text);
    struct source in = { .next = text.data, .path = path, .line = 1 };
    for (char *line; (line = next_line(&in)) != NULL;) {
        char *word = line + strspn(line, " \t\r");
        if (*word != '\0' && *word != '#')
            read_entry(&in, line);
    }
    str_fini(&text);
}

/* ---- expansion ---- */

static const struct { const char *name; int seconds; } units[] = {
    { "_seconds", 1 }, { "_minutes", 60 }, { "_hours", 3600 },
    { "_days", 86400 }, { "_weeks", 604800 },
};

enum { READABLE_MAX = 999 };

/* An expansion, for its messages. */
struct words {
    struct arena *arena;
    const struct template *template;
    bool has_unknown;
};

/* "0 hours" is seldom what was meant, and "18000 seconds" hard to read. */
static void warn_of_unit(const struct words *words, const char *result,
                         const char *advice, const char *name,
                         const char *unit)
{
    const struct template *t = words->template;

    log_warning("%s: %s in %s template conversion of parameter \"%s\"",
                t->origin, result, kind_of(t), name);
    log_warning("please %s time unit \"%s\" of \"%s\" in %s template", advice,
                unit, name, kind_of(t));
    log_warning("for instructions see the bounce(5) manual");
}

/* <base>_<unit>: the time in that unit; NULL if <name> is not of that form. */
static const char *time_in_unit(const struct words *words, const char *name,
                                const char *base, int seconds)
{
    if (!text_has_prefix(name, base))
        return NULL;
    const char *suffix = name + strlen(base);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(suffix, units[i].name) != 0)
            continue;
        int count = seconds / units[i].seconds;
        const char *text = arena_printf(words->arena, "%d", count);
        if (seconds > 0 && count == 0)
            warn_of_unit(words, "zero result", "reduce", name, suffix + 1);
        if (count > READABLE_MAX)
            warn_of_unit(words,
                         arena_printf(words->arena, "excessive result \"%s\"",
                                      text),
                         "increase", name, suffix + 1);
        return text;
    }
    return NULL;
}

/* Domain names for people to read. */
static const char *readable(struct arena *arena, const char *domain)
{
    struct str out = STR_EMPTY;
    const char *text = domain;

    if (common_params.smtputf8_enable && utf8_domain_to_unicode(&out, domain))
        text = arena_strdup(arena, out.data);
    str_fini(&out);
    return text;
}

static const char *lookup(const char *name, void *context)
{
    struct words *words = context;
    const char *value =
        time_in_unit(words, name, "delay_warning_time",
                     queue_params.delay_warning_time);

    if (value == NULL)
        value = time_in_unit(words, name, "maximal_queue_lifetime",
                             queue_params.maximal_queue_lifetime);
    if (value != NULL)
        return value;
    value = config_get(service_config(), name);
    words->has_unknown = words->has_unknown || value == NULL;
    return value != NULL && (strcmp(name, "myhostname") == 0 ||
                             strcmp(name, "mydomain") == 0)
               ? readable(words->arena, value)
               : value;
}

static bool expand_line(struct str *out, struct words *words, const char *line)
{
    const struct template *t = words->template;
    struct expand_options options = { .lookup = lookup, .context = words };
    struct error why = ERROR_NONE;

    words->has_unknown = false;
    bool good = expand_text(out, line, &options, NULL, &why);
    str_add(out, "\n");
    if (!good)
        log_warning("%s: %s in %s template: %s", t->origin, why.text,
                    kind_of(t), line);
    else if (words->has_unknown)
        log_warning("%s: undefined $name in %s template: %s", t->origin,
                    kind_of(t), line);
    return good && !words->has_unknown;
}

const char *template_text(struct arena *arena, const struct template *t)
{
    struct words words = { .arena = arena, .template = t };
    struct source in = { .next = arena_strdup(arena, t->text) };
    struct str out = STR_EMPTY;

    bool good = true;
    for (const char *line; good && (line = next_line(&in)) != NULL;)
        good = expand_line(&out, &words, line);
    const char *text = good ? arena_strdup(arena, out.data) : NULL;
    str_fini(&out);
    return text;
}
