/* SPDX-License-Identifier: ISC
 *
 * redirect.c - hash: and btree: tables that are to be of another type.
 *
 * For the time when Berkeley DB goes away: configurations, and programs such
 * as Mailman, say hash:/file for years to come.
 */

#include "redirect.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "internal.h"

static bool is_berkeley(const char *type, size_t length)
{
    return (length == 4 && strncmp(type, "hash", 4) == 0) ||
           (length == 5 && strncmp(type, "btree", 5) == 0);
}

bool redirect_is_due(const char *type_and_name)
{
    const char *level = table_setup()->non_bdb_level;

    return level != NULL && text_has_prefix_nocase(level, "enable-") &&
           is_berkeley(type_and_name, strcspn(type_and_name, ":"));
}

/* Ask non_bdb_custom_mapping for the table, then for its type. */
static enum answer ask_mapping(const char *type_and_name, const char *type,
                               struct str *out, struct error *why)
{
    const char *mapping = table_setup()->non_bdb_mapping;

    if (mapping == NULL || *mapping == 0)
        return ABSENT;
    if (is_berkeley(mapping, strcspn(mapping, ":"))) {
        error_set(why, "non_bdb_custom_mapping must not be a Berkeley DB "
                       "table: %s",
                  mapping);
        return FAILED;
    }
    struct table *table = table_open(mapping, TABLE_READ, 0, why);
    if (table == NULL)
        return FAILED;
    enum answer answer = table_get(table, type_and_name, out);
    if (answer == ABSENT)
        answer = table_get(table, type, out);
    if (answer == FAILED)
        error_set(why, "%s", table_error(table));
    table_close(table);
    return answer;
}

char *redirect_name(const char *type_and_name, struct error *why)
{
    const struct table_setup *setup = table_setup();
    size_t length = strcspn(type_and_name, ":");
    char *type = mem_strndup(type_and_name, length);
    struct str other = STR_EMPTY;
    char *result = NULL;

    enum answer answer = ask_mapping(type_and_name, type, &other, why);
    if (answer == ABSENT)
        str_set(&other, strcmp(type, "hash") == 0 ? setup->default_type
                                                  : setup->cache_type);
    if (answer != FAILED &&
        (other.length == 0 || strchr(other.data, ':') != NULL ||
         is_berkeley(other.data, other.length)))
        error_set(why, "non_bdb_migration_level = %s: cannot open %s as type "
                       "\"%s\"; need a type that is not Berkeley DB's",
                  setup->non_bdb_level, type_and_name, other.data);
    else if (answer != FAILED)
        result = mem_printf("%s%s", other.data, type_and_name + length);
    if (result != NULL && setup->non_bdb_log)
        log_info("redirecting %s to %s", type_and_name, result);
    str_fini(&other);
    free(type);
    return result;
}

void redirect_explain(const char *type_and_name, const struct error *reindex,
                      struct error *why)
{
    struct error reason = *why;

    if (reindex->text[0] != 0)
        error_set(why, "%.300s (in place of %.100s; %.500s)", reason.text,
                  type_and_name, reindex->text);
    else
        error_set(why, "%.900s (in place of %s)", reason.text, type_and_name);
}
