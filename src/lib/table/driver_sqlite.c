/* SPDX-License-Identifier: ISC
 *
 * driver_sqlite.c - sqlite:/file.cf, lookups in an SQLite database.
 *
 * The database is opened at once: soon this process may see other files.
 */

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "config.h"
#include "sql.h"

#define SQLITE_FUNCTIONS(FUNCTION)                                 \
    FUNCTION(sqlite3_busy_timeout)                                 \
    FUNCTION(sqlite3_close) FUNCTION(sqlite3_column_text)          \
        FUNCTION(sqlite3_errmsg) FUNCTION(sqlite3_finalize)        \
            FUNCTION(sqlite3_open_v2) FUNCTION(sqlite3_prepare_v2) \
                FUNCTION(sqlite3_step) FUNCTION(sqlite3_system_errno)
LIBRARY(sqlite, LIBRARY_SQLITE, SQLITE_FUNCTIONS)

enum { BUSY_MS = 2000 };

struct sqlite {
    struct sql sql; /* first */
    const char *path;
};

static void sqlite_disconnect(void *connection)
{
    sqlite.sqlite3_close(connection);
}

static void *sqlite_connect(struct sql *sql, const struct sql_server *server,
                            struct error *why)
{
    const struct sqlite *s = (const struct sqlite *)sql;
    sqlite3 *db = NULL;

    (void)server;
    if (sqlite.sqlite3_open_v2(s->path, &db, SQLITE_OPEN_READONLY, NULL) ==
        SQLITE_OK) {
        sqlite.sqlite3_busy_timeout(db, BUSY_MS);
        return db;
    }
    int failure = db == NULL ? ENOMEM : sqlite.sqlite3_system_errno(db);
    error_set(why, "%s: Can't open database: %s: %s", sql->table, s->path,
              failure != 0 ? strerror(failure) : sqlite.sqlite3_errmsg(db));
    sqlite.sqlite3_close(db);
    return NULL;
}

/* In a string in single quotes, only these are special. */
static bool quote(void *context, const char *text, size_t length,
                  struct str *out)
{
    (void)context;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\'')
            str_add_char(out, '\'');
        str_add_char(out, text[i]);
    }
    return true;
}

static bool read_rows(sqlite3_stmt *statement, struct template_values *values)
{
    int result;

    while ((result = sqlite.sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text =
            (const char *)sqlite.sqlite3_column_text(statement, 0);
        if (text != NULL)
            template_values_add(values, text, strlen(text));
    }
    return result == SQLITE_DONE;
}

static bool sqlite_ask(struct sql *sql, const struct sql_server *server,
                       const struct str *query, struct template_values *values,
                       struct error *why)
{
    sqlite3 *db = server->connection;
    sqlite3_stmt *statement;

    if (sqlite.sqlite3_prepare_v2(db, query->data, -1, &statement, NULL) !=
        SQLITE_OK)
        return error_set(why, "%s: SQL prepare failed: %s", sql->table,
                         sqlite.sqlite3_errmsg(db));
    bool good = read_rows(statement, values);
    if (!good)
        error_set(why, "%s: SQL step failed for query '%s': %s", sql->table,
                  query->data, sqlite.sqlite3_errmsg(db));
    sqlite.sqlite3_finalize(statement);
    return good;
}

static const struct sql_backend backend = {
    .type = "sqlite",
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .quote = quote,
    .ask = sqlite_ask,
};

static const struct setting settings[] = {
    SQL_MAIN_SETTINGS,
    { "dbpath", SETTING_TEXT, offsetof(struct sqlite, path), NULL, 0, 0 },
};

/* "%s" in double quotes is a name, in which our quoting does not help. */
static void warn_of_quotes(const struct sql *sql)
{
    bool single = false;
    bool doubled = false;

    for (const char *c = sql->query; *c != 0; c++) {
        single ^= *c == '\'' && !doubled;
        doubled ^= *c == '"' && !single;
        if (*c != '%')
            continue;
        if (doubled && c[1] != '%') {
            log_warning("%s: query has %%%c inside double quotes, where "
                        "lookup keys cannot be made safe; use single quotes",
                        sql->table, c[1]);
            return;
        }
        c++;
    }
}

static void *sqlite_open(const char *name, const struct table_options *options,
                         struct error *why)
{
    if (!sqlite_load(why))
        return NULL;
    struct sqlite *s =
        sql_open(&backend, sizeof(*s), name, options, settings,
                 sizeof(settings) / sizeof(settings[0]), "file", why);

    if (s == NULL)
        return NULL;
    if (s->path != NULL && *s->path != 0 && sql_connect(&s->sql, why)) {
        warn_of_quotes(&s->sql);
        return s;
    }
    if (s->path == NULL || *s->path == 0)
        settings_missing(s->sql.settings, "dbpath", why);
    sql_close(s);
    return NULL;
}

static enum answer sqlite_get(void *instance, const char *key,
                              struct str *value, struct error *why)
{
    if (utf8_is_valid(key, strlen(key)))
        return sql_get(instance, key, value, why);
    return ABSENT;
}

const struct table_driver driver_sqlite = {
    .type = "sqlite",
    .can = TABLE_CAN_WAIT | TABLE_HAS_SETTINGS,
    .open = sqlite_open,
    .get = sqlite_get,
    .instance_can = sql_can,
    .owner = sql_owner,
    .close = sql_close,
};
