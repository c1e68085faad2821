/* SPDX-License-Identifier: ISC
 *
 * master_cf.c - master.cf: the services and how each is run.
 */
#include "config/master_cf.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/num.h"
#include "base/str.h"
#include "base/text.h"
#include "config/cf_file.h"

#define BLANKS " \t\r\n\f\v"

static const char *const type_names[MASTER_TYPE_COUNT] = {
    [MASTER_INET] = "inet", [MASTER_UNIX] = "unix",
    [MASTER_FIFO] = "fifo", [MASTER_PASS] = "pass",
    [MASTER_UNIX_DGRAM] = "unix-dgram",
};

static const char *const field_names[MASTER_FIELD_COUNT] = {
    [MASTER_SERVICE] = "service",      [MASTER_TYPE] = "type",
    [MASTER_PRIVATE] = "private",      [MASTER_UNPRIV] = "unprivileged",
    [MASTER_CHROOT] = "chroot",        [MASTER_WAKEUP] = "wakeup",
    [MASTER_MAXPROC] = "process_limit", [MASTER_COMMAND] = "command",
};

bool master_type_parse(const char *text, enum master_type *type)
{
    for (int i = 0; i < MASTER_TYPE_COUNT; i++)
        if (strcmp(text, type_names[i]) == 0) {
            *type = (enum master_type)i;
            return true;
        }
    return false;
}

const char *master_type_name(enum master_type type)
{
    return type_names[type];
}

const char *master_field_name(enum master_field field)
{
    return field_names[field];
}

/* Where the parser is: for messages, and memory for what it finds. */
struct parser {
    struct arena *arena;
    const struct cf_file *file;
    const struct cf_line *line;
    struct error *why;
};

static bool bad_field(const struct parser *p, const struct master_entry *entry,
                      enum master_field field, const char *advice)
{
    return cf_file_error(p->file, p->line, p->why,
                         "invalid %s field \"%s\" of service %s; specify %s",
                         field_names[field], entry->field[field],
                         entry->field[MASTER_SERVICE], advice);
}

static bool parse_choice(const struct parser *p,
                         const struct master_entry *entry,
                         enum master_field field, enum master_choice *choice)
{
    const char *text = entry->field[field];

    if (strcmp(text, "-") == 0)
        *choice = MASTER_DEFAULT;
    else if (strcmp(text, "y") == 0)
        *choice = MASTER_YES;
    else if (strcmp(text, "n") == 0)
        *choice = MASTER_NO;
    else
        return bad_field(p, entry, field, "y, n or -");
    return true;
}

static bool parse_wakeup(const struct parser *p, struct master_entry *entry)
{
    char *text = arena_strdup(p->arena, entry->field[MASTER_WAKEUP]);
    size_t length = strlen(text);
    long seconds = 0;

    if (strcmp(text, "-") == 0)
        return true;
    if (length > 0 && text[length - 1] == '?') {
        text[length - 1] = '\0';
        entry->wakeup_only_if_used = true;
    }
    if (!text_is_all_digits(text) ||
        !num_parse_long(text, 0, INT_MAX, &seconds))
        return bad_field(p, entry, MASTER_WAKEUP,
                         "a number of seconds, which may end with ?, or -");
    entry->wakeup_s = (int)seconds;
    return true;
}

static bool parse_maxproc(const struct parser *p, struct master_entry *entry)
{
    const char *text = entry->field[MASTER_MAXPROC];
    long limit = -1;

    if (strcmp(text, "-") != 0 &&
        (!text_is_all_digits(text) ||
         !num_parse_long(text, 0, INT_MAX, &limit)))
        return bad_field(p, entry, MASTER_MAXPROC,
                         "a number, 0 for no limit, or -");
    entry->maxproc = (int)limit;
    return true;
}

static bool parse_fields(const struct parser *p, struct master_entry *entry)
{
    enum master_choice is_private = MASTER_DEFAULT, unpriv = MASTER_DEFAULT;

    if (!master_type_parse(entry->field[MASTER_TYPE], &entry->type))
        return bad_field(p, entry, MASTER_TYPE,
                         "inet, unix, fifo, pass or unix-dgram");
    if (!parse_choice(p, entry, MASTER_PRIVATE, &is_private) ||
        !parse_choice(p, entry, MASTER_UNPRIV, &unpriv) ||
        !parse_choice(p, entry, MASTER_CHROOT, &entry->chroot))
        return false;
    entry->is_private = is_private != MASTER_NO;
    entry->is_unprivileged = unpriv != MASTER_NO;
    return parse_wakeup(p, entry) && parse_maxproc(p, entry);
}

/* "{ text }" as "text"; other words stay. */
static bool unbrace(const struct parser *p, char **word)
{
    if (**word != '{')
        return true;

    char *inner = text_unbrace(*word);
    if (inner == *word)
        return cf_file_error(p->file, p->line, p->why,
                             "missing '}' in \"%.100s\"; put the whole "
                             "argument in braces",
                             *word);
    *word = inner;
    return true;
}

/* "name = value" as "name=value". */
static bool tidy_setting(const struct parser *p, char **word)
{
    char *name, *value;

    char *copy = arena_strdup(p->arena, *word);
    if (!text_split_nameval(copy, &name, &value))
        return cf_file_error(p->file, p->line, p->why,
                             "\"-o %.100s\" is no setting; specify -o "
                             "name=value",
                             *word);
    *word = arena_printf(p->arena, "%s=%s", name, value);
    return true;
}

struct words {
    ARRAY_OF(const char *);
};

/* "-oname=value" and "-vo" hold an option -o behind flags: where, or 0. */
static size_t glued_setting(const char *word)
{
    size_t flags = 1 + strspn(word[0] == '-' ? word + 1 : "", "cdDSuvVz");

    return word[0] == '-' && word[flags] == 'o' ? flags : 0;
}

static bool parse_arguments(const struct parser *p, char *cursor,
                            bool takes_options, struct words *words)
{
    bool setting = false;
    char *word;

    while ((word = text_token_braced(&cursor, BLANKS, false)) != NULL) {
        size_t at = takes_options && !setting ? glued_setting(word) : 0;
        if (at > 1)
            ARRAY_ADD(words, arena_strndup(p->arena, word, at));
        if (at > 0 && word[at + 1] != '\0') {
            ARRAY_ADD(words, "-o");
            word += at + 1;
            setting = true;
        } else if (at > 1) {
            word = arena_strdup(p->arena, "-o");
        }
        if (!unbrace(p, &word) ||
            (setting && !tidy_setting(p, &word)))
            return false;
        ARRAY_ADD(words, word);
        if (*word != '-' || (!setting && strcmp(word, "--") == 0))
            takes_options = takes_options && setting;
        setting = takes_options && !setting && strcmp(word, "-o") == 0;
    }
    if (setting)
        return cf_file_error(p->file, p->line, p->why,
                             "-o at the end of the line; specify -o "
                             "name=value");
    return true;
}

static bool parse_entry(const struct parser *p, struct master_entry *entry)
{
    char *cursor = arena_strdup(p->arena, p->line->text);
    struct words words = ARRAY_EMPTY;

    entry->line = p->line->first;
    entry->last_line = p->line->last;
    for (int i = 0; i < MASTER_FIELD_COUNT; i++) {
        entry->field[i] = text_token(&cursor, BLANKS);
        if (entry->field[i] == NULL)
            return cf_file_error(p->file, p->line, p->why,
                                 "bad field count: %d; a service has at "
                                 "least %d: name, type, private, "
                                 "unprivileged, chroot, wakeup, process "
                                 "limit, command",
                                 i, MASTER_FIELD_COUNT);
    }
    entry->name = entry->field[MASTER_SERVICE];
    entry->command = entry->field[MASTER_COMMAND];
    ARRAY_ADD(&words, entry->command);
    bool ok = parse_fields(p, entry) &&
              parse_arguments(p, cursor, true, &words);
    entry->argc = words.count;
    ARRAY_ADD(&words, NULL);
    entry->argv = arena_memdup(p->arena, words.items,
                               words.count * sizeof *words.items);
    ARRAY_FREE(&words);
    return ok;
}

static struct master_cf *parse_file(struct cf_file *file, struct error *why)
{
    struct master_cf *cf = mem_zalloc(sizeof *cf);
    struct { ARRAY_OF(struct master_entry); } entries = ARRAY_EMPTY;
    struct cf_line line;
    bool ok = true;

    cf->arena = arena_new();
    cf->path = arena_strdup(cf->arena, cf_file_path(file));
    const struct parser p = { cf->arena, file, &line, why };
    while (ok && cf_file_next(file, &line)) {
        struct master_entry entry = { 0 };
        ok = parse_entry(&p, &entry);
        if (ok)
            ARRAY_ADD(&entries, entry);
    }
    cf->count = entries.count;
    if (entries.count > 0)
        cf->entries = arena_memdup(cf->arena, entries.items,
                                   entries.count * sizeof *entries.items);
    ARRAY_FREE(&entries);
    cf_file_free(file);
    if (ok)
        return cf;
    master_cf_free(cf);
    return NULL;
}

struct master_cf *master_cf_load(const char *path, struct error *why)
{
    struct cf_file *file = cf_file_open(path, why);

    return file != NULL ? parse_file(file, why) : NULL;
}

struct master_cf *master_cf_parse(const char *name, const char *text,
                                  size_t length, struct error *why)
{
    return parse_file(cf_file_from_text(name, text, length), why);
}

void master_cf_free(struct master_cf *cf)
{
    if (cf == NULL)
        return;
    arena_free(cf->arena);
    free(cf);
}

const struct master_entry *master_cf_find(const struct master_cf *cf,
                                          const char *name,
                                          enum master_type type)
{
    for (size_t i = 0; i < cf->count; i++)
        if (cf->entries[i].type == type &&
            strcmp(cf->entries[i].name, name) == 0)
            return &cf->entries[i];
    return NULL;
}

/* The last one counts, in the place of the first. */
static void drop_duplicates(struct master_cf *cf)
{
    size_t kept = 0;

    for (size_t i = 0; i < cf->count; i++) {
        struct master_entry *entry = &cf->entries[i];
        size_t same = 0;
        while (same < kept && (cf->entries[same].type != entry->type ||
                               strcmp(cf->entries[same].name,
                                      entry->name) != 0))
            same++;
        if (same < kept)
            log_warning("%s, line %d: duplicate master.cf entry for service "
                        "\"%s\" -- using the last entry; remove that of line "
                        "%d",
                        cf->path, entry->line, entry->name,
                        cf->entries[same].line);
        else
            kept++;
        cf->entries[same] = *entry;
    }
    cf->count = kept;
}

bool master_cf_check(struct master_cf *cf, struct error *why)
{
    for (size_t i = 0; i < cf->count; i++) {
        const struct master_entry *entry = &cf->entries[i];
        if (entry->type == MASTER_INET && entry->is_private)
            return error_set(why, "%s, line %d: inet service %s cannot be "
                             "private; specify n in the third column",
                             cf->path, entry->line, entry->name);
    }
    drop_duplicates(cf);
    return true;
}

const char *master_entry_next_setting(const struct master_entry *entry,
                                      size_t *position)
{
    size_t i = *position > 0 ? *position : 1;

    /* The first word that is no option ends them. */
    for (; i < entry->argc && entry->argv[i][0] == '-'; i++) {
        if (strcmp(entry->argv[i], "--") == 0)
            break;
        if (strcmp(entry->argv[i], "-o") != 0 || i + 1 >= entry->argc)
            continue;
        *position = i + 2;
        return entry->argv[i + 1];
    }
    *position = entry->argc;
    return NULL;
}

/* Does "inet", "smtp/inet" or, as long ago, "smtp.inet" mean this service? */
static bool means(const char *word, const struct master_entry *entry)
{
    const char *type = master_type_name(entry->type);
    size_t length = strlen(entry->name);

    if (strcmp(word, "all") == 0 || strcmp(word, type) == 0)
        return true;
    return strncmp(word, entry->name, length) == 0 &&
           (word[length] == '/' || word[length] == '.') &&
           strcmp(word + length + 1, type) == 0;
}

bool master_entry_is_listed(const struct master_entry *entry,
                            const char *list)
{
    struct arena *arena = arena_new();
    bool listed = false;

    for (char **word = text_split(arena, list, NULL, NULL); *word != NULL;
         word++) {
        bool except = **word == '!';
        if (!means(*word + (except ? 1 : 0), entry))
            continue;
        listed = !except;
        break;
    }
    arena_free(arena);
    return listed;
}
