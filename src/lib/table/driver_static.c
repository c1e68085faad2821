/* SPDX-License-Identifier: ISC
 *
 * driver_static.c - static:text, randmap:{a,b}, fail:name and environ:name:
 * tables that need no data.
 */

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "internal.h"

/* One or more results, one of which is the answer to any key. */
struct results {
    struct arena *arena; /* owned */
    char **values;       /* in the arena */
    size_t count;
};

static void results_close(void *instance)
{
    struct results *results = instance;

    arena_free(results->arena);
    free(results);
}

/* In place of each value, the content of the files that it names. */
static bool read_files(struct results *results, struct error *why)
{
    struct str content = STR_EMPTY;
    bool good = true;

    for (size_t i = 0; good && i < results->count; i++) {
        good = file_value_read(&content, results->values[i], why);
        results->values[i] = arena_strdup(results->arena, content.data);
    }
    str_fini(&content);
    return good;
}

static void *results_finish(struct results *results, unsigned flags,
                            struct error *why)
{
    if (!(flags & TABLE_SRC_RHS_IS_FILE) || read_files(results, why))
        return results;
    results_close(results);
    return NULL;
}

static bool must_be_read_only(const char *name,
                              const struct table_options *options,
                              struct error *why)
{
    return options->mode == TABLE_READ ||
           error_set(why, "%s:%s map requires O_RDONLY access mode",
                     options->type, name);
}

static void *static_open(const char *name, const struct table_options *options,
                         struct error *why)
{
    if (!must_be_read_only(name, options, why))
        return NULL;

    struct results *results = mem_zalloc(sizeof(*results));
    results->arena = arena_new();
    char *text = *name == '{' ? inline_list_strip(results->arena, name)
                              : arena_strdup(results->arena, name);
    if (text == NULL) {
        error_set(why, "bad static:name syntax: %s in \"%s\"",
                  strchr(name, '}') == NULL ? "missing '}'"
                                            : "syntax error after '}'",
                  name);
        results_close(results);
        return NULL;
    }
    results->values = arena_alloc(results->arena, sizeof(char *));
    results->values[0] = text;
    results->count = 1;
    return results_finish(results, options->flags, why);
}

static void *randmap_open(const char *name, const struct table_options *options,
                          struct error *why)
{
    if (!must_be_read_only(name, options, why))
        return NULL;

    struct results *results = mem_zalloc(sizeof(*results));
    results->arena = arena_new();
    /* Braces inside the list have no meaning here. */
    results->values = inline_list_split(results->arena, name, &results->count);
    if (results->values != NULL && results->count > 0)
        return results_finish(results, options->flags, why);
    error_set(why, "bad syntax: \"randmap:%s\"; need \"randmap:{value...}\"",
              name);
    results_close(results);
    return NULL;
}

static enum answer results_get(void *instance, const char *key,
                               struct str *value, struct error *why)
{
    const struct results *results = instance;
    size_t choice = results->count > 1 ? random_below(results->count) : 0;

    (void)key;
    (void)why;
    str_set(value, results->values[choice]);
    return FOUND;
}

const struct table_driver driver_static = {
    .type = "static",
    .open = static_open,
    .get = results_get,
    .owner = table_owner_trusted,
    .close = results_close,
};

const struct table_driver driver_randmap = {
    .type = "randmap",
    .can = TABLE_IS_PATTERN,
    .open = randmap_open,
    .get = results_get,
    .owner = table_owner_trusted,
    .close = results_close,
};

/* ---- fail ---- */

static void *name_open(const char *name, const struct table_options *options,
                       struct error *why)
{
    (void)why;
    return mem_printf("%s:%s", options->type, name);
}

static enum answer fail(struct error *why)
{
    error_set(why, "Application error");
    return FAILED;
}

static enum answer fail_get(void *instance, const char *key, struct str *value,
                            struct error *why)
{
    (void)instance;
    (void)key;
    (void)value;
    return fail(why);
}

static enum answer fail_put(void *instance, const char *key, const char *value,
                            struct error *why)
{
    (void)instance;
    (void)key;
    (void)value;
    return fail(why);
}

static enum answer fail_del(void *instance, const char *key, struct error *why)
{
    (void)instance;
    (void)key;
    return fail(why);
}

static enum answer fail_next(void *instance, bool first, struct str *key,
                             struct str *value, struct error *why)
{
    (void)instance;
    (void)first;
    (void)key;
    (void)value;
    return fail(why);
}

const struct table_driver driver_fail = {
    .type = "fail",
    .can = TABLE_CAN_CREATE | TABLE_CAN_WRITE | TABLE_CAN_WALK,
    .open = name_open,
    .get = fail_get,
    .put = fail_put,
    .del = fail_del,
    .next = fail_next,
    .owner = table_owner_trusted,
    .close = free,
};

/* ---- environ ---- */

static enum answer environ_get(void *instance, const char *key,
                               struct str *value, struct error *why)
{
    const char *found = getenv(key);

    (void)instance;
    (void)why;
    if (found == NULL)
        return ABSENT;
    str_set(value, found);
    return FOUND;
}

static enum answer environ_put(void *instance, const char *key,
                               const char *value, struct error *why)
{
    (void)instance;
    if (setenv(key, value, 1) == 0)
        return FOUND;
    error_set(why, "environ: cannot set %s", key);
    return FAILED;
}

const struct table_driver driver_environ = {
    .type = "environ",
    .can = TABLE_CAN_WRITE | TABLE_IS_PRIVATE,
    .open = name_open,
    .get = environ_get,
    .put = environ_put,
    .owner = table_owner_trusted,
    .close = free,
};
