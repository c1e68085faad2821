/* SPDX-License-Identifier: ISC
 *
 * edit_master.c - change master.cf: whole services (-M), single fields (-F),
 * or the -o settings of a service (-P).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "edit.h"

/* One argument of the command line. */
struct request {
    const char *argument; /* as given */
    const char *pattern;  /* service/type */
    const char *third;    /* field or parameter; NULL with -M */
    const char *value;    /* NULL: remove or comment out */
    bool matched;
};

struct requests {
    ARRAY_OF(struct request);
    struct arena *arena;
};

/* Cut "service/type/third" at its last slash. */
static char *cut_third(char *text)
{
    char *slash = strrchr(text, '/');

    if (slash == NULL)
        return NULL;
    *slash = '\0';
    return slash + 1;
}

static bool is_field_name(const char *name)
{
    for (int i = 0; i < MASTER_FIELD_COUNT; i++)
        if (strcmp(name, master_field_name((enum master_field)i)) == 0)
            return true;
    return false;
}

static void check_request(const struct postconf *pc,
                          const struct request *request)
{
    bool services = (pc->options & OPT_SERVICES) != 0;

    if (strchr(request->argument, '\n') != NULL)
        fatal("-e, -X, or -# accepts no multi-line input");
    if (strchr(request->pattern, '/') == NULL)
        fatal(services ? "-Me, -MX or -M# requires service_name/type"
              : (pc->options & OPT_FIELDS) != 0
                  ? "-Fe requires service_name/type/field_name"
                  : "-Pe or -PX requires service_name/type/parameter_name");
    if ((pc->options & OPT_FIELDS) != 0 && !is_field_name(request->third))
        fatal("invalid service attribute name: \"%s\"", request->third);
    if ((pc->options & OPT_SETTINGS) != 0 && request->value != NULL &&
        request->value[strcspn(request->value, " \t\r")] != '\0')
        fatal("-Pe does not accept whitespace in parameter value");
}

static void read_request(const struct postconf *pc, struct requests *requests,
                         const char *argument)
{
    struct request request = { .argument = argument };
    char *text = arena_strdup(requests->arena, argument);

    if ((pc->options & OPT_EDIT) != 0) {
        char *equals = strchr(text, '=');
        if (equals == NULL)
            fatal("missing '=' after attribute name: \"%s\"", argument);
        *equals = '\0';
        request.value = text_trim(equals + 1);
    }
    text = text_trim(text);
    if ((pc->options & OPT_SERVICES) == 0)
        request.third = cut_third(text);
    request.pattern = text;
    check_request(pc, &request);
    ARRAY_ADD(requests, request);
}

/* Read <text> as the one service that it should be. */
static struct master_cf *parse_service(const struct postconf *pc,
                                       const char *text)
{
    struct error why = ERROR_NONE;
    struct master_cf *cf =
        master_cf_parse("the new service", text, strlen(text), &why);

    if (cf == NULL)
        fatal("%s", why.text);
    if (cf->count != 1)
        fatal("%s: \"%s\" is no service entry", pc->master_path, text);
    return cf;
}

static void write_service(const struct postconf *pc, struct str *out,
                          const char *text)
{
    struct master_cf *cf = parse_service(pc, text);

    format_service(out, &cf->entries[0], true);
    master_cf_free(cf);
}

static void set_field(const struct master_entry *entry,
                      const struct request *request, struct str *line)
{
    for (int i = 0; i < MASTER_FIELD_COUNT; i++) {
        bool changed = strcmp(master_field_name((enum master_field)i),
                              request->third) == 0;
        if (i > 0)
            str_add_char(line, ' ');
        if (changed)
            str_add(line, request->value);
        else if (i == MASTER_COMMAND)
            format_command(line, entry, false, 0);
        else
            str_add(line, entry->field[i]);
    }
}

/* The entry with one setting more, other, or less. */
static void set_setting(const struct master_entry *entry,
                        const struct request *request, struct arena *arena,
                        struct str *line)
{
    struct master_entry changed = *entry;
    size_t length = strlen(request->third), from = 1, to = 1;
    bool done = request->value == NULL;
    const char *setting = done ? NULL
                               : arena_printf(arena, "%s=%s", request->third,
                                              request->value);

    changed.argv = arena_array(arena, entry->argc + 3, sizeof *changed.argv);
    changed.argv[0] = entry->argv[0];
    while (from < entry->argc && entry->argv[from][0] == '-') {
        bool is_setting = strcmp(entry->argv[from], "-o") == 0 &&
                          from + 1 < entry->argc;
        const char *text = entry->argv[from + is_setting];
        bool ours = is_setting &&
                    strncmp(text, request->third, length) == 0 &&
                    text[length] == '=';
        from += 1 + (size_t)is_setting;
        if (ours && done)
            continue;
        if (is_setting)
            changed.argv[to++] = "-o";
        changed.argv[to++] = ours ? setting : text;
        done = done || ours;
    }
    if (!done) {
        changed.argv[to++] = "-o";
        changed.argv[to++] = setting;
    }
    while (from < entry->argc)
        changed.argv[to++] = entry->argv[from++];
    changed.argc = to;
    for (int i = 0; i < MASTER_COMMAND; i++)
        str_addf(line, "%s ", entry->field[i]);
    format_command(line, &changed, false, 0);
}

/* Apply every request that matches to one service. True if there was one:
 * then <line> is the new text, or empty to remove the service. */
static bool change_service(const struct postconf *pc,
                           struct requests *requests, const char *old,
                           struct str *line)
{
    bool matched = false;

    str_set(line, old);
    for (size_t i = 0; i < requests->count && line->length > 0; i++) {
        struct request *request = &requests->items[i];
        struct master_cf *cf = parse_service(pc, line->data);
        const struct master_entry *entry = &cf->entries[0];
        if (pattern_matches(request->pattern, entry, NULL)) {
            request->matched = matched = true;
            str_clear(line);
            if (request->third == NULL && request->value != NULL)
                str_set(line, request->value);
            else if ((pc->options & OPT_FIELDS) != 0)
                set_field(entry, request, line);
            else if (request->third != NULL)
                set_setting(entry, request, cf->arena, line);
        }
        master_cf_free(cf);
    }
    return matched;
}

/* A logical line: its text joined, and its physical lines as they are. */
struct logical {
    struct str joined, kept, commented, comments;
};

static void finish_logical(const struct postconf *pc,
                           struct requests *requests, struct logical *l,
                           struct str *out)
{
    struct str line = STR_EMPTY;

    if (l->joined.length == 0)
        str_add(out, l->kept.data);
    else if (!change_service(pc, requests, l->joined.data, &line))
        str_add(out, l->kept.data);
    else if ((pc->options & OPT_COMMENT) != 0)
        str_add(out, l->commented.data);
    else {
        if (line.length > 0)
            write_service(pc, out, line.data);
        str_add(out, l->comments.data);
    }
    str_clear(&l->joined);
    str_clear(&l->kept);
    str_clear(&l->commented);
    str_clear(&l->comments);
    str_fini(&line);
}

static void edit_text(const struct postconf *pc, struct requests *requests,
                      const struct str *old, struct str *out)
{
    struct edit_lines lines = { .text = old };
    struct logical l = { STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY };

    while (edit_line_next(&lines)) {
        if (!lines.is_comment && !lines.continues)
            finish_logical(pc, requests, &l, out);
        if (!lines.is_comment)
            str_add_bytes(&l.joined, lines.start, lines.length);
        else
            edit_keep_line(&l.comments, &lines, false);
        edit_keep_line(&l.kept, &lines, false);
        edit_keep_line(&l.commented, &lines, !lines.is_comment);
    }
    finish_logical(pc, requests, &l, out);
    str_fini(&l.joined);
    str_fini(&l.kept);
    str_fini(&l.commented);
    str_fini(&l.comments);
}

static void finish_requests(const struct postconf *pc,
                            const struct requests *requests, struct str *out)
{
    for (size_t i = 0; i < requests->count; i++) {
        const struct request *request = &requests->items[i];
        if (request->matched)
            continue;
        if (request->third != NULL)
            log_warning("unmatched service_name/type: \"%s\"",
                        request->argument);
        else if (request->value != NULL)
            write_service(pc, out, request->value);
    }
}

int edit_master(const struct postconf *pc)
{
    struct requests requests = { .arena = arena_new() };
    struct str old = STR_EMPTY, out = STR_EMPTY;

    for (char *const *argument = pc->arguments; *argument != NULL; argument++)
        read_request(pc, &requests, *argument);
    edit_read(pc->master_path, &old);
    edit_text(pc, &requests, &old, &out);
    finish_requests(pc, &requests, &out);
    edit_write(pc->master_path, &out);
    str_fini(&old);
    str_fini(&out);
    ARRAY_FREE(&requests);
    arena_free(requests.arena);
    return 0;
}
