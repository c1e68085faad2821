/* SPDX-License-Identifier: ISC
 *
 * builder_query.c - how postmap and postalias query, list and delete.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/stream.h"
#include "internal.h"
#include "redirect.h"
#include "table/builder.h"

enum { MAX_KEY = 1 << 20 };

/* ---- Output ---- */

static void print_json_string(const char *text)
{
    putchar('"');
    for (; *text != 0; text++) {
        unsigned char c = *text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < ' ' || c == 127)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_entry(const struct builder_options *o, const char *key,
                        const char *value)
{
    if (o->json) {
        putchar('{');
        print_json_string(key);
        fputs(": ", stdout);
        print_json_string(value);
        fputs("}\n", stdout);
        return;
    }
    fputs(key, stdout);
    fputs(o->separator, stdout);
    fputs(value, stdout);
    putchar('\n');
}

void builder_flush(void)
{
    if (fflush(stdout) != 0)
        fatal("write error: %m");
}

/* ---- Tables ---- */

struct table **builder_open_all(const struct builder_options *o, char **names,
                                enum table_mode mode)
{
    size_t count = 0;

    while (names[count] != NULL)
        count++;
    struct table **tables = mem_zalloc((count + 1) * sizeof(*tables));
    for (size_t i = 0; i < count; i++)
        tables[i] = builder_open(names[i], mode, o->flags);
    return tables;
}

void builder_close_all(struct table **tables)
{
    for (size_t i = 0; tables[i] != NULL; i++)
        table_close(tables[i]);
    free(tables);
}

static _Noreturn void fail(const struct table *table, const char *operation)
{
    if (strstr(table_error(table), "operation is not supported") != NULL)
        fatal("%s", table_error(table));
    fatal("table %s: %s error: %s%s", table_name(table), operation,
          table_error(table),
          table_remedy(table_name(table), table_error(table)));
}

static bool decode(const struct builder_options *o, const struct table *table,
                   const char *key, struct str *value)
{
    struct error why = ERROR_NONE;

    if (!o->is_file || table_decode_file(value, &why))
        return true;
    log_warning("table %s: key %s: %s", table_name(table), key, why.text);
    return false;
}

/* ---- Query ---- */

static void check_value(const struct table *table, const char *key,
                        const struct str *value)
{
    if (value->length > 0)
        return;
    log_warning("table %s: key %s: empty string result is not allowed",
                table_name(table), key);
    log_warning("table %s should return NO RESULT in case of NOT FOUND",
                table_name(table));
}

static bool find(const struct builder_options *o, struct table **tables,
                 const char *key, struct str *value)
{
    for (; *tables != NULL; tables++) {
        enum answer answer = table_get(*tables, key, value);

        if (answer == FAILED)
            fail(*tables, "query");
        if (answer == ABSENT)
            continue;
        check_value(*tables, key, value);
        if (!decode(o, *tables, key, value))
            fatal("table %s: query error", table_name(*tables));
        return true;
    }
    return false;
}

bool builder_query_key(const struct builder_options *o, struct table **tables,
                       const char *key)
{
    struct str value = STR_EMPTY;
    bool found = find(o, tables, key, &value);

    if (found)
        print_entry(o, key, value.data);
    str_fini(&value);
    return found;
}

static void hold_all(struct table **tables, bool on)
{
    for (; *tables != NULL; tables++)
        table_hold(*tables, on);
}

/* Call <each> for each line of standard input. True if any call was. Nobody
 * who wants to change a table waits while we wait for input. */
static bool each_input_line(const struct builder_options *o,
                            struct table **tables,
                            bool (*each)(const struct builder_options *,
                                         struct table **, const char *))
{
    struct stream *in = stream_open(STDIN_FILENO);
    struct str key = STR_EMPTY;
    bool found = false;

    while (stream_get_until(in, '\n', MAX_KEY, &key) || key.length > 0) {
        hold_all(tables, stream_buffered(in) > 0);
        if (each(o, tables, key.data))
            found = true;
        if (stream_failed(in))
            break;
    }
    hold_all(tables, false);
    if (stream_state(in) != STREAM_OK && stream_state(in) != STREAM_EOF)
        fatal("read standard input: %s", stream_error_text(in));
    str_fini(&key);
    stream_detach(in);
    return found;
}

bool builder_query(const struct builder_options *o, char **names)
{
    struct table **tables = builder_open_all(o, names, TABLE_READ);
    struct str value = STR_EMPTY;
    bool found;

    if (strcmp(o->query, "-") == 0)
        found = each_input_line(o, tables, builder_query_key);
    else
        found = find(o, tables, o->query, &value);
    if (found && strcmp(o->query, "-") != 0) {
        if (o->json)
            print_entry(o, o->query, value.data);
        else
            printf("%s\n", value.data);
    }
    str_fini(&value);
    builder_close_all(tables);
    builder_flush();
    return found;
}

/* ---- Delete ---- */

static bool remove_key(const struct builder_options *o, struct table **tables,
                       const char *key)
{
    bool found = false;

    (void)o;
    for (; *tables != NULL; tables++) {
        enum answer answer = table_del(*tables, key);

        if (answer == FAILED)
            fail(*tables, "delete");
        found |= answer == FOUND;
    }
    return found;
}

/* What is not there cannot be removed, and is not made for that. */
static void check_file(const char *name)
{
    const char *path = strchr(name, ':') + 1;
    char *type = mem_strndup(name, path - name - 1);
    struct error why = ERROR_NONE;
    const struct table_driver *driver = driver_find(type, &why);

    if (driver != NULL && driver->suffix != NULL &&
        strcmp(driver->suffix, ".db") == 0 && !redirect_is_due(name)) {
        char *file = mem_printf("%s%s", path, driver->suffix);
        if (access(file, F_OK) != 0)
            fatal("open database %s: %m", file);
        free(file);
    }
    free(type);
}

bool builder_remove(const struct builder_options *o, char **names)
{
    struct builder_options writing = *o;

    for (size_t i = 0; names[i] != NULL; i++)
        check_file(names[i]);

    /* One lock from the first key to the last. */
    writing.flags |= TABLE_BULK;
    struct table **tables = builder_open_all(&writing, names, TABLE_UPDATE);
    for (size_t i = 0; tables[i] != NULL; i++)
        if (!(table_can(tables[i]) & TABLE_CAN_WRITE))
            fatal("table %s: delete operation is not supported", names[i]);
    bool found = strcmp(o->remove, "-") == 0
                     ? each_input_line(o, tables, remove_key)
                     : remove_key(o, tables, o->remove);
    for (size_t i = 0; tables[i] != NULL; i++)
        if (!table_commit(tables[i]))
            fail(tables[i], "write");
    builder_close_all(tables);
    return found;
}

/* ---- List ---- */

static void list_table(const struct builder_options *o, struct table *table)
{
    struct str key = STR_EMPTY;
    struct str value = STR_EMPTY;
    enum answer answer;

    if (!(table_can(table) & TABLE_CAN_WALK))
        fatal("table %s: sequence operation is not supported",
              table_name(table));
    answer = table_next(table, true, &key, &value);
    for (; answer == FOUND; answer = table_next(table, false, &key, &value)) {
        if (key.length == 0)
            log_warning("table %s: empty lookup key value is not allowed",
                        table_name(table));
        check_value(table, key.data, &value);
        if (decode(o, table, key.data, &value))
            print_entry(o, key.data, value.data);
    }
    if (answer == FAILED)
        fail(table, "sequence");
    str_fini(&key);
    str_fini(&value);
}

bool builder_list(const struct builder_options *o, char **names)
{
    struct table **tables = builder_open_all(o, names, TABLE_READ);

    for (size_t i = 0; tables[i] != NULL; i++)
        list_table(o, tables[i]);
    builder_close_all(tables);
    builder_flush();
    return true;
}
