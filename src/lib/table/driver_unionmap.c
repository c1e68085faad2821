/* SPDX-License-Identifier: ISC
 *
 * driver_unionmap.c - tables made of tables: unionmap, pipemap and debug.
 */

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "internal.h"

struct tables {
    struct {
        ARRAY_OF(struct table *);
    } parts; /* owned */
};

static void tables_close(void *instance)
{
    struct tables *tables = instance;

    for (size_t i = 0; i < tables->parts.count; i++)
        table_close(tables->parts.items[i]);
    ARRAY_FREE(&tables->parts);
    free(tables);
}

static bool add_part(struct tables *tables, const char *name,
                     const struct table_options *options, struct error *why)
{
    struct table *part = table_open_inner(name, options, why);

    if (part == NULL)
        return false;
    ARRAY_ADD(&tables->parts, part);
    return true;
}

/* unionmap:{type:name, ...} and pipemap:{type:name, ...}. */
static void *list_open(const char *name, const struct table_options *options,
                       struct error *why)
{
    struct arena *arena = arena_new();
    struct tables *tables = mem_zalloc(sizeof(*tables));
    size_t count = 0;
    char **names = inline_list_parse(arena, name, &count);
    bool good = names != NULL && count > 0;

    for (size_t i = 0; i < count && good; i++)
        good = strchr(names[i], ':') != NULL;
    if (options->mode != TABLE_READ)
        good = error_set(why, "%s:%s map requires O_RDONLY access mode",
                         options->type, name);
    else if (!good)
        error_set(why, "bad syntax: \"%s:%s\"; need \"%s:{type:name...}\"",
                  options->type, name, options->type);
    for (size_t i = 0; i < count && good; i++)
        good = add_part(tables, names[i], options, why);
    arena_free(arena);
    if (good)
        return tables;
    tables_close(tables);
    return NULL;
}

/* A pattern table as soon as one part is: a partial key must not reach it. */
static unsigned tables_can(void *instance)
{
    const struct tables *tables = instance;
    unsigned can = TABLE_IS_WRAPPER;

    for (size_t i = 0; i < tables->parts.count; i++)
        can |= table_can(tables->parts.items[i]) & TABLE_IS_PATTERN;
    return can;
}

static enum table_trust tables_owner(void *instance, uid_t *owner)
{
    const struct tables *tables = instance;
    enum table_trust trust = TRUST_ROOT;

    *owner = 0;
    for (size_t i = 0; i < tables->parts.count; i++)
        table_trust_merge(&trust, owner, tables->parts.items[i]);
    return trust;
}

static enum answer failed_part(const struct table *part, struct error *why)
{
    error_set(why, "%s", table_error(part));
    return FAILED;
}

static enum answer unionmap_get(void *instance, const char *key,
                                struct str *value, struct error *why)
{
    const struct tables *tables = instance;
    struct str one = STR_EMPTY;
    enum answer answer = ABSENT;

    str_clear(value);
    for (size_t i = 0; i < tables->parts.count; i++) {
        enum answer part = table_get(tables->parts.items[i], key, &one);
        if (part == FAILED) {
            answer = failed_part(tables->parts.items[i], why);
            break;
        }
        if (part == ABSENT)
            continue;
        if (answer == FOUND)
            str_add_char(value, ',');
        str_add_bytes(value, one.data, one.length);
        answer = FOUND;
    }
    str_fini(&one);
    return answer;
}

static enum answer pipemap_get(void *instance, const char *key,
                               struct str *value, struct error *why)
{
    const struct tables *tables = instance;
    struct str input = STR_EMPTY;
    enum answer answer = FOUND;

    str_set(&input, key);
    for (size_t i = 0; answer == FOUND && i < tables->parts.count; i++) {
        if (i > 0)
            str_swap(&input, value);
        answer = table_get(tables->parts.items[i], input.data, value);
        if (answer == FAILED)
            failed_part(tables->parts.items[i], why);
    }
    str_fini(&input);
    return answer;
}

const struct table_driver driver_unionmap = {
    .type = "unionmap",
    .can = TABLE_IS_WRAPPER,
    .open = list_open,
    .get = unionmap_get,
    .instance_can = tables_can,
    .owner = tables_owner,
    .close = tables_close,
};

const struct table_driver driver_pipemap = {
    .type = "pipemap",
    .can = TABLE_IS_WRAPPER,
    .open = list_open,
    .get = pipemap_get,
    .instance_can = tables_can,
    .owner = tables_owner,
    .close = tables_close,
};

/* ---- debug ---- */

/* debug:type:name logs each access to type:name. */
static void *debug_open(const char *name, const struct table_options *options,
                        struct error *why)
{
    struct tables *tables = mem_zalloc(sizeof(*tables));

    if (add_part(tables, name, options, why))
        return tables;
    tables_close(tables);
    return NULL;
}

static unsigned debug_can(void *instance)
{
    const struct tables *tables = instance;

    return TABLE_IS_WRAPPER |
           (table_can(tables->parts.items[0]) &
            (TABLE_IS_PATTERN | TABLE_CAN_WRITE | TABLE_CAN_WALK));
}

static enum answer inner_answer(const struct table *inner, enum answer answer,
                                struct error *why)
{
    if (answer == FAILED)
        error_set(why, "%s", table_error(inner));
    return answer;
}

static const char *outcome(enum answer answer)
{
    switch (answer) {
    case FOUND: return "success";
    case ABSENT: return "failed";
    case FAILED: return "error";
    }
    return "error";
}

static enum answer debug_get(void *instance, const char *key, struct str *value,
                             struct error *why)
{
    struct table *inner = ((struct tables *)instance)->parts.items[0];
    enum answer answer = table_get(inner, key, value);

    log_info("%s lookup: \"%s\" = \"%s\"", table_name(inner), key,
             answer == FOUND    ? value->data
             : answer == ABSENT ? "not_found"
                                : "error");
    return inner_answer(inner, answer, why);
}

static enum answer debug_put(void *instance, const char *key, const char *value,
                             struct error *why)
{
    struct table *inner = ((struct tables *)instance)->parts.items[0];
    enum answer answer = table_put(inner, key, value);

    log_info("%s update: \"%s\" = \"%s\": %s", table_name(inner), key, value,
             outcome(answer));
    return inner_answer(inner, answer, why);
}

static enum answer debug_del(void *instance, const char *key, struct error *why)
{
    struct table *inner = ((struct tables *)instance)->parts.items[0];
    enum answer answer = table_del(inner, key);

    log_info("%s delete: \"%s\": %s", table_name(inner), key, outcome(answer));
    return inner_answer(inner, answer, why);
}

static enum answer debug_next(void *instance, bool first, struct str *key,
                              struct str *value, struct error *why)
{
    struct table *inner = ((struct tables *)instance)->parts.items[0];
    enum answer answer = table_next(inner, first, key, value);

    if (answer == FOUND)
        log_info("%s sequence: \"%s\" = \"%s\"", table_name(inner), key->data,
                 value->data);
    else
        log_info("%s sequence: found %s", table_name(inner),
                 answer == ABSENT ? "EOF" : "error");
    return inner_answer(inner, answer, why);
}

static enum table_trust debug_owner(void *instance, uid_t *owner)
{
    return table_owner(((struct tables *)instance)->parts.items[0], owner);
}

const struct table_driver driver_debug = {
    .type = "debug",
    .can = TABLE_IS_WRAPPER | TABLE_CAN_WRITE | TABLE_CAN_WALK,
    .open = debug_open,
    .get = debug_get,
    .put = debug_put,
    .del = debug_del,
    .next = debug_next,
    .instance_can = debug_can,
    .owner = debug_owner,
    .close = tables_close,
};
