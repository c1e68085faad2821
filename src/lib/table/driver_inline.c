/* SPDX-License-Identifier: ISC
 *
 * driver_inline.c - inline:{key=value, {key = text with space}}, and
 * internal:name, which starts empty.
 */

#include "base/log.h"
#include "base/text.h"
#include "internal.h"

/* False and <why>. */
static bool add_item(struct memory_table *table, char *item, unsigned flags,
                     struct error *why)
{
    char *key, *value;

    if (*item == '{')
        return error_set(why, "syntax error after '}' in \"%s\"", item);
    if (!text_split_nameval(item, &key, &value))
        return error_set(why, "%s",
                         item[0] == '=' ? "missing attribute name"
                                        : "missing '=' after attribute name");

    struct str folded = STR_EMPTY;
    struct str content = STR_EMPTY;
    bool good = true;
    table_fold_key(&folded, key, flags);
    if (flags & TABLE_SRC_RHS_IS_FILE) {
        good = file_value_read(&content, value, why);
        value = content.data;
    }
    if (good)
        memory_table_put(table, folded.data, value, why);
    str_fini(&content);
    str_fini(&folded);
    return good;
}

static void *inline_open(const char *name, const struct table_options *options,
                         struct error *why)
{
    if (options->mode != TABLE_READ) {
        error_set(why, "inline:%s map requires O_RDONLY access mode", name);
        return NULL;
    }
    struct arena *arena = arena_new();
    struct memory_table *table = memory_table_new();
    struct error reason = ERROR_NONE;
    size_t count = 0;
    char **items = inline_list_parse(arena, name, &count);
    bool good = items != NULL && count > 0;

    if (!good)
        error_set(why, "%s: \"inline:%s\"; need \"inline:{name=value...}\"",
                  items != NULL && name[1] != '}' ? "empty table"
                                                  : "bad syntax",
                  name);
    for (size_t i = 0; good && i < count; i++) {
        good = add_item(table, items[i], options->flags, &reason);
        if (!good)
            error_set(why, "%s: \"inline:%s\"; need \"inline:{name=value...}\"",
                      reason.text, name);
    }
    arena_free(arena);
    if (good)
        return table;
    memory_table_free(table);
    return NULL;
}

const struct table_driver driver_inline = {
    .type = "inline",
    .can = TABLE_CAN_WALK,
    .open = inline_open,
    .get = memory_table_get,
    .next = memory_table_next,
    .owner = table_owner_trusted,
    .close = memory_table_free,
};

static void *internal_open(const char *name,
                           const struct table_options *options,
                           struct error *why)
{
    (void)name;
    (void)options;
    (void)why;
    return memory_table_new();
}

const struct table_driver driver_internal = {
    .type = "internal",
    .can = TABLE_CAN_WRITE | TABLE_CAN_WALK | TABLE_IS_PRIVATE |
           TABLE_IS_SHARED_WRITE,
    .open = internal_open,
    .get = memory_table_get,
    .put = memory_table_put,
    .del = memory_table_del,
    .next = memory_table_next,
    .owner = table_owner_trusted,
    .close = memory_table_free,
};
