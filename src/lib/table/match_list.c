/* SPDX-License-Identifier: ISC
 *
 * match_list.c - lists of names, domains, hosts and networks.
 *
 * Items are tried from left to right; the first that matches decides, and an
 * item that cannot be looked up makes the answer FAILED: a list that grants
 * relaying must not grow or shrink because a table is away.
 */

#include "table/match_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "internal.h"

enum { MAX_FILE_DEPTH = 10, MAX_FILE_SIZE = 64 << 20 };

enum item_kind { ITEM_TEXT, ITEM_NETWORK, ITEM_TABLE, ITEM_BAD };

struct match_item {
    enum item_kind kind;
    bool negated;
    const char *text; /* in the list's arena; folded. ITEM_BAD: why */
    struct addr_net network;
    struct table *table; /* owned */
};

struct match_list {
    struct arena *arena; /* owned */
    const char *title;
    enum match_kind kind;
    unsigned flags;
    struct {
        ARRAY_OF(struct match_item);
    } items;
};

/* ---- Parsing ---- */

static void parse_text(struct match_list *list, char *text, bool negated,
                       int depth);

static const char *fold(struct arena *arena, const char *text)
{
    struct str folded = STR_EMPTY;
    bool done = utf8_fold(&folded, text, table_setup()->utf8);
    const char *copy = arena_strdup(arena, done ? folded.data : text);

    str_fini(&folded);
    return copy;
}

static void add_bad(struct match_list *list, const struct error *why)
{
    struct match_item item = { .kind = ITEM_BAD };

    item.text = arena_strdup(list->arena, why->text);
    ARRAY_ADD(&list->items, item);
}

static bool is_comment(const char *line)
{
    return line[strspn(line, " \t\r")] == '#';
}

/* A list in a file; an item may go over several lines. */
static void parse_file(struct match_list *list, const char *path, bool negated,
                       int depth)
{
    struct str content = STR_EMPTY;
    struct str text = STR_EMPTY;
    struct error why = ERROR_NONE;

    if (depth > MAX_FILE_DEPTH)
        error_set(&why, "open file %s: too many files inside files", path);
    else
        file_read(path, MAX_FILE_SIZE, &content, &why);
    if (why.text[0] != 0) {
        str_fini(&content);
        add_bad(list, &why);
        return;
    }
    char *cursor = content.data;
    for (char *line; (line = strsep(&cursor, "\n")) != NULL;)
        if (!is_comment(line))
            str_addf(&text, "%s\n", line);
    str_fini(&content);
    parse_text(list, text.data, negated, depth + 1);
    str_fini(&text);
}

static bool is_network(const struct match_list *list, const char *text)
{
    struct addr addr;

    if (list->kind != MATCH_HOST && list->kind != MATCH_ADDRESS)
        return false;
    return strchr(text, '/') != NULL || addr_parse(text, 0, &addr);
}

static void parse_item(struct match_list *list, char *text, bool negated,
                       int depth)
{
    struct error why = ERROR_NONE;
    struct match_item item = { .kind = ITEM_TEXT };

    for (; *text == '!'; text++)
        negated = !negated;
    if (*text == '/') {
        parse_file(list, text, negated, depth);
        return;
    }
    item.negated = negated;
    if (*text == '{') {
        char *inner = inline_list_strip(list->arena, text);
        text = inner != NULL ? inner : text;
    }
    if (strchr(text, ':') != NULL && *text != '[') {
        item.kind = ITEM_TABLE;
        item.table =
            table_open(text, TABLE_READ, TABLE_FOLD | TABLE_UTF8, &why);
    } else if (is_network(list, text)) {
        item.kind = ITEM_NETWORK;
        addr_net_parse(text, &item.network, &why);
    }
    if (why.text[0] != 0) {
        add_bad(list, &why);
        return;
    }
    item.text = fold(list->arena, text);
    ARRAY_ADD(&list->items, item);
}

static void parse_text(struct match_list *list, char *text, bool negated,
                       int depth)
{
    char *item;

    while ((item = text_token_braced(&text, LIST_SEPARATORS, false)) != NULL)
        parse_item(list, item, negated, depth);
}

struct match_list *match_list_open(const char *title, const char *text,
                                   enum match_kind kind, unsigned flags)
{
    struct match_list *list = mem_zalloc(sizeof(*list));

    list->arena = arena_new();
    list->title = arena_strdup(list->arena, title);
    list->kind = kind;
    list->flags = flags;
    parse_text(list, arena_strdup(list->arena, text), false, 0);
    return list;
}

void match_list_close(struct match_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->items.count; i++)
        table_close(list->items.items[i].table);
    ARRAY_FREE(&list->items);
    arena_free(list->arena);
    free(list);
}

bool match_list_is_empty(const struct match_list *list)
{
    return list == NULL || list->items.count == 0;
}

/* ---- Matching ---- */

/* What is looked for: folded, and the address in both forms. */
struct subject {
    const char *name; /* NULL: not known */
    const char *address_text;
    struct addr address;
    bool has_address;
};

static bool domain_matches(const struct match_list *list, const char *item,
                           const char *name)
{
    if (strcmp(item, name) == 0)
        return true;
    if (list->kind == MATCH_STRING)
        return false;

    /* "domain" matches its subdomains, or ".domain" does. */
    bool with_dot = *item == '.';
    if (with_dot != !(list->flags & MATCH_PARENT))
        return false;
    size_t item_length = strlen(item);
    size_t name_length = strlen(name);
    if (name_length <= item_length)
        return false;
    const char *tail = name + name_length - item_length;
    return strcmp(tail, item) == 0 && (with_dot || tail[-1] == '.');
}

static bool text_matches(const struct match_list *list, const char *item,
                         const struct subject *subject)
{
    if (subject->name != NULL && domain_matches(list, item, subject->name))
        return true;
    return subject->address_text != NULL &&
           strcmp(item, subject->address_text) == 0;
}

/* Ask for the name and, in a table of fixed strings, its parent domains. */
static enum answer table_has_name(const struct match_list *list,
                                  struct table *table, const char *name,
                                  struct str *value)
{
    enum answer answer = table_get(table, name, value);

    if (list->kind == MATCH_STRING || table_is_pattern(table))
        return answer;
    for (const char *dot = strchr(name, '.'); answer == ABSENT && dot != NULL;
         dot = strchr(dot + 1, '.')) {
        if (dot == name || dot[1] == 0)
            continue;
        answer =
            table_get(table, dot + (list->flags & MATCH_PARENT ? 1 : 0), value);
    }
    return answer;
}

static enum answer table_has(const struct match_list *list, struct table *table,
                             const struct subject *subject, struct str *value)
{
    enum answer answer = ABSENT;

    if (subject->name != NULL && *subject->name != 0)
        answer = table_has_name(list, table, subject->name, value);
    if (answer == ABSENT && subject->address_text != NULL)
        answer = table_get(table, subject->address_text, value);
    if (answer == FAILED)
        log_warning("%s: %s: table lookup problem", list->title,
                    table_name(table));
    return answer;
}

static enum answer try_item(const struct match_list *list,
                            const struct match_item *item,
                            const struct subject *subject, struct str *value)
{
    switch (item->kind) {
    case ITEM_TEXT:
        return text_matches(list, item->text, subject) ? FOUND : ABSENT;
    case ITEM_NETWORK:
        return subject->has_address &&
                       addr_net_has(&item->network, &subject->address)
                   ? FOUND
                   : ABSENT;
    case ITEM_TABLE: return table_has(list, item->table, subject, value);
    case ITEM_BAD:
        log_warning("%s: %s", list->title, item->text);
        return FAILED;
    }
    return FAILED;
}

static enum answer try_items(const struct match_list *list,
                             const struct subject *subject, struct str *value)
{
    for (size_t i = 0; i < list->items.count; i++) {
        const struct match_item *item = &list->items.items[i];
        enum answer answer = try_item(list, item, subject, value);

        if (answer == FOUND && item->negated)
            return ABSENT;
        if (answer != ABSENT)
            return answer;
    }
    return ABSENT;
}

enum answer match_list_has(struct match_list *list, const char *name,
                           const char *address, struct str *value)
{
    struct str folded = STR_EMPTY;
    struct str unused = STR_EMPTY;
    struct subject subject = { .name = name };

    if (match_list_is_empty(list))
        return ABSENT;
    if (value != NULL)
        str_clear(value);
    if (list->kind == MATCH_ADDRESS)
        subject.name = NULL;
    if (subject.name != NULL && utf8_fold(&folded, name, table_setup()->utf8))
        subject.name = folded.data;
    if (list->kind == MATCH_HOST || list->kind == MATCH_ADDRESS) {
        subject.address_text = address;
        subject.has_address =
            address != NULL && addr_parse(address, 0, &subject.address);
    }
    enum answer answer =
        try_items(list, &subject, value != NULL ? value : &unused);
    str_fini(&unused);
    str_fini(&folded);
    return answer;
}
