/* SPDX-License-Identifier: ISC
 *
 * template.c - the words of a notice: built in, or from bounce_template_file.
 */
#include <stdlib.h>
#include <string.h>

#include "base/expand.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "bounce.h"
#include "config/main_cf.h"
#include "config/params.h"
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
        "failure_template", "us-ascii", FROM,
        "Undelivered Mail Returned to Sender",
        "Postmaster Copy: Undelivered Mail",
        GREETING
        "I'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n"
        "\n" FOOTER },
    [TEMPLATE_DELAY] = {
        "delay_template", "us-ascii", FROM,
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
        "success_template", "us-ascii", FROM,
        "Successful Mail Delivery Report", "",
        GREETING
        "Your message was successfully delivered to the destination(s)\n"
        "listed below. If the message was delivered to mailbox you will\n"
        "receive no further notifications. Otherwise you may still receive\n"
        "notifications of mail delivery errors from other systems.\n"
        "\n"
        "                   The mail system\n" },
    [TEMPLATE_VERIFY] = {
        "verify_template", "us-ascii", FROM,
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
    int line;
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

static void read_header(struct source *in, struct template *t, char *line)
{
    char *colon = strchr(line, ':');
    const char **slot = NULL;

    if (colon != NULL) {
        *colon = '\0';
        slot = header_slot(t, text_trim(line));
    }
    if (slot == NULL)
        log_warning("%s, line %d: no template header is called \"%s\"; use "
                    "Charset, From, Subject or Postmaster-Subject",
                    in->path, in->line, line);
    else
        *slot = mem_strdup(text_trim(colon + 1));
}

/* Headers up to an empty line (a text may also begin at once), then text up
 * to <end>. */
static bool read_body(struct source *in, struct template *t, const char *end)
{
    struct str text = STR_EMPTY;
    bool in_headers = true, ended = false;
    char *line;

    while (!ended && (line = next_line(in)) != NULL) {
        ended = strcmp(line, end) == 0;
        if (ended)
            break;
        if (in_headers && *line == '\0')
            in_headers = false;
        else if (in_headers)
            read_header(in, t, line);
        else
            str_addf(&text, "%s\n", line);
    }
    t->text = str_steal(&text); /* kept as long as the process */
    if (!ended)
        log_warning("%s, line %d: %s is not ended by a line \"%s\"", in->path,
                    in->line, t->name, end);
    return ended;
}

/* "name = <<EOF" */
static bool read_template(struct source *in, char *line)
{
    char *name, *value;

    if (!text_split_nameval(line, &name, &value) ||
        strncmp(value, "<<", 2) != 0 || value[2] == '\0') {
        log_warning("%s, line %d: expected: template_name = <<EOF", in->path,
                    in->line);
        return false;
    }
    struct template *known = template_named(name);
    if (known == NULL) {
        log_warning("%s, line %d: there is no template \"%s\"", in->path,
                    in->line, name);
        return false;
    }
    struct template read = *known;
    char *end = mem_strdup(text_trim(value + 2));
    bool ok = read_body(in, &read, end);
    if (ok)
        *known = read;
    free(end);
    return ok;
}

void templates_load(const char *path)
{
    struct str text = STR_EMPTY;
    struct error why = ERROR_NONE;
    bool ok = true;

    if (*path == '\0')
        return;
    if (!file_read(path, TEMPLATE_FILE_MAX, &text, &why)) {
        log_warning("bounce_template_file: %s; the built-in texts are used",
                    why.text);
        return;
    }
    struct source in = { .next = text.data, .path = path };
    for (char *line; ok && (line = next_line(&in)) != NULL;) {
        char *word = line + strspn(line, " \t\r");
        if (*word != '\0' && *word != '#')
            ok = read_template(&in, line);
    }
    if (!ok)
        log_warning("%s: templates from line %d on keep their built-in texts",
                    path, in.line);
    str_fini(&text);
}

/* ---- expansion ---- */

static const struct { const char *name; int seconds; } units[] = {
    { "_seconds", 1 }, { "_minutes", 60 }, { "_hours", 3600 },
    { "_days", 86400 }, { "_weeks", 604800 },
};

/* <base>_<unit>: the time in that unit; NULL if <name> is not of that form. */
static const char *time_in_unit(struct arena *arena, const char *name,
                                const char *base, int seconds)
{
    if (!text_has_prefix(name, base))
        return NULL;
    const char *suffix = name + strlen(base);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(suffix, units[i].name) == 0)
            return arena_printf(arena, "%d", seconds / units[i].seconds);
    return NULL;
}

static const char *lookup(const char *name, void *context)
{
    struct arena *arena = context;
    const char *value =
        time_in_unit(arena, name, "delay_warning_time",
                     queue_params.delay_warning_time);

    if (value == NULL)
        value = time_in_unit(arena, name, "maximal_queue_lifetime",
                             queue_params.maximal_queue_lifetime);
    return value != NULL ? value : config_get(service_config(), name);
}

const char *template_text(struct arena *arena, const struct template *t)
{
    struct expand_options options = { .lookup = lookup, .context = arena };
    struct str out = STR_EMPTY;
    struct error why = ERROR_NONE;

    if (!expand_text(&out, t->text, &options, NULL, &why)) {
        log_warning("%s: %s", t->name, why.text);
        str_set(&out, t->text);
    }
    const char *text = arena_strdup(arena, out.data);
    str_fini(&out);
    return text;
}
