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
    bool matched; /* a service */
    bool found;   /* the setting to remove */
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

/* Read <text> as the one service that it should be; <origin> is where it is
 * from, for messages. */
static struct master_cf *parse_service(const char *origin, const char *text)
{
    static const char line[] = ", line 1: ";
    struct error why = ERROR_NONE;
    struct master_cf *cf = master_cf_parse("", text, strlen(text), &why);

    if (cf == NULL)
        fatal("%s: %s", origin,
              text_has_prefix(why.text, line) ? why.text + sizeof line - 1
                                              : why.text);
    if (cf->count != 1)
        fatal("%s: \"%s\" is no service entry; specify its name, type, "
              "private, unprivileged, chroot, wakeup, process limit and "
              "command",
              origin, text);
    return cf;
}

static void check_service(const struct request *request)
{
    char *origin = mem_printf("\"%s\"", request->argument);

    master_cf_free(parse_service(origin, request->value));
    free(origin);
}

static bool has_space(const char *value)
{
    return value[strcspn(value, " \t\r")] != '\0';
}

static void check_field(const struct request *request)
{
    if (strcmp(request->third, "*") == 0)
        fatal("-Fe does not accept wild-card field name");
    if (!is_field_name(request->third))
        fatal("invalid service attribute name: \"%s\"", request->third);
    if (*request->value == '\0')
        fatal("\"%s\": a field cannot be empty; specify - for its default",
              request->argument);
    if (strcmp(request->third, master_field_name(MASTER_COMMAND)) != 0 &&
        has_space(request->value))
        fatal("-Fe does not accept whitespace in non-command field");
}

static void check_setting(const struct request *request)
{
    if (strcmp(request->third, "*") == 0)
        fatal("-Pe does not accept wild-card parameter name");
    if (request->value != NULL && has_space(request->value))
        fatal("-Pe does not accept whitespace in parameter value");
}

static void check_request(const struct postconf *pc,
                          const struct request *request)
{
    unsigned subject =
        pc->options & (OPT_SERVICES | OPT_FIELDS | OPT_SETTINGS);

    if (strchr(request->argument, '\n') != NULL)
        fatal("-Me, -Fe, -Pe, -X, or -# accept no multi-line input");
    if (strchr(request->pattern, '/') == NULL)
        fatal(subject == OPT_SERVICES
                  ? "-Me, -MX or -M# requires service_name/type"
              : subject == OPT_FIELDS
                  ? "-Fe or -FX requires service_name/type/field_name"
                  : "-Pe or -PX requires service_name/type/parameter");
    if (subject == OPT_SERVICES && request->value != NULL)
        check_service(request);
    else if (subject == OPT_FIELDS)
        check_field(request);
    else if (subject == OPT_SETTINGS)
        check_setting(request);
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

/* As an entry of which only the name and the type are known: an edit may
 * mend what stands after them. */
static bool head_matches(const char *pattern, const char *text)
{
    char *copy = mem_strdup(text), *cursor = copy;
    struct master_entry entry = { .name = text_token(&cursor, " \t\r") };

    entry.field[MASTER_TYPE] = text_token(&cursor, " \t\r");
    bool matches = entry.name != NULL && entry.field[MASTER_TYPE] != NULL &&
                   pattern_matches(pattern, &entry, NULL);
    free(copy);
    return matches;
}

static void write_service(const char *origin, struct str *out,
                          const char *text)
{
    struct master_cf *cf = parse_service(origin, text);

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
                        struct request *request, struct arena *arena,
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
    while (from < entry->argc && entry->argv[from][0] == '-' &&
           strcmp(entry->argv[from], "--") != 0) {
        bool is_setting = strcmp(entry->argv[from], "-o") == 0 &&
                          from + 1 < entry->argc;
        const char *text = entry->argv[from + is_setting];
        bool ours = is_setting &&
                    strncmp(text, request->third, length) == 0 &&
                    text[length] == '=';
        from += 1 + (size_t)is_setting;
        request->found = request->found || ours;
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

/* One field or one setting of the service in <line>. */
static void change_parts(const struct postconf *pc,
                         struct request *request, struct str *line)
{
    struct master_cf *cf = parse_service(pc->master_path, line->data);

    str_clear(line);
    if ((pc->options & OPT_FIELDS) != 0)
        set_field(&cf->entries[0], request, line);
    else
        set_setting(&cf->entries[0], request, cf->arena, line);
    master_cf_free(cf);
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
        if (!head_matches(request->pattern, line->data))
            continue;
        if (request->third != NULL) {
            change_parts(pc, request, line);
        } else {
            /* One new entry takes the place of all that match. */
            bool is_first = !request->matched;
            str_clear(line);
            if (request->value != NULL && is_first)
                str_set(line, request->value);
        }
        request->matched = matched = true;
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
            write_service(pc->master_path, out, line.data);
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
        /* A file that begins with a continuation line: nobody's. */
        bool is_part = !lines.continues || l.joined.length > 0;
        if (!lines.is_comment && is_part)
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

/* Postfix says nothing of services that are to be removed and are not. */
static void complain_unmatched(const struct postconf *pc,
                               const struct request *request)
{
    if (request->third == NULL && (pc->options & OPT_QUIET) != 0)
        return;
    log_warning("unmatched service_name/type: \"%s\" -- %s: it has no such "
                "service, nothing is changed for it: \"postconf -M\" shows "
                "those that there are",
                request->argument, pc->master_path);
}

static void finish_requests(struct postconf *pc,
                            const struct requests *requests, struct str *out)
{
    for (size_t i = 0; i < requests->count; i++) {
        const struct request *request = &requests->items[i];
        bool is_new = request->third == NULL && request->value != NULL;
        if (!request->matched && is_new)
            write_service(request->argument, out, request->value);
        else if (!request->matched)
            complain_unmatched(pc, request);
        else if (request->third != NULL && request->value == NULL &&
                 !request->found)
            ARRAY_ADD(&pc->absent, request->argument);
    }
}

void edit_master(struct postconf *pc)
{
    struct requests requests = { .arena = arena_new() };
    struct str old = STR_EMPTY, out = STR_EMPTY;

    for (char *const *argument = pc->arguments; *argument != NULL; argument++)
        read_request(pc, &requests, *argument);
    int lock = edit_read(pc->master_path, &old);
    edit_text(pc, &requests, &old, &out);
    finish_requests(pc, &requests, &out);
    edit_write(lock, pc->master_path, &out);
    str_fini(&old);
    str_fini(&out);
    ARRAY_FREE(&requests);
    arena_free(requests.arena);
}
