/* SPDX-License-Identifier: ISC
 *
 * driver_pgsql.c - pgsql:/file.cf, lookups in PostgreSQL.
 */

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"
#include "base/text.h"
#include "config.h"
#include "sql.h"

#define PGSQL_FUNCTIONS(FUNCTION)                                            \
    FUNCTION(PQclear)                                                        \
    FUNCTION(PQconnectdbParams) FUNCTION(PQerrorMessage)                     \
        FUNCTION(PQescapeStringConn) FUNCTION(PQexec) FUNCTION(PQfinish)     \
            FUNCTION(PQgetisnull) FUNCTION(PQgetlength) FUNCTION(PQgetvalue) \
                FUNCTION(PQnfields) FUNCTION(PQntuples)                      \
                    FUNCTION(PQresultStatus) FUNCTION(PQsetClientEncoding)   \
                        FUNCTION(PQstatus)
LIBRARY(pgsql, LIBRARY_PGSQL, PGSQL_FUNCTIONS)

#define CONNECT_TIMEOUT_S "10"

struct pgsql {
    struct sql sql; /* first */
    const char *encoding;
};

static bool is_uri(const char *name)
{
    return strstr(name, "://") != NULL;
}

/* A socket is in a folder, under a name that has its port. */
static bool parse_server(struct arena *arena, struct sql_server *server,
                         struct error *why)
{
    static const char in_name[] = "/.s.PGSQL.";

    server->host = server->name;
    if (is_uri(server->name))
        return true;
    if (!sql_parse_server(arena, server, why))
        return false;
    const char *port = strstr(server->host, in_name);
    if (server->is_local && port != NULL) {
        server->port = port + sizeof(in_name) - 1;
        server->host = arena_strndup(arena, server->host, port - server->host);
    }
    return true;
}

static void pgsql_disconnect(void *connection)
{
    pgsql.PQfinish(connection);
}

struct parameters {
    const char *names[10], *values[10];
    int count;
};

static void add(struct parameters *p, const char *name, const char *value)
{
    if (value == NULL || *value == 0)
        return;
    p->names[p->count] = name;
    p->values[p->count++] = value;
}

/* Later ones win: what a URI says is more than what other settings say. */
static void set_parameters(const struct sql *sql,
                           const struct sql_server *server,
                           struct parameters *p)
{
    add(p, "connect_timeout", CONNECT_TIMEOUT_S);
    add(p, "user", sql->user);
    add(p, "password", sql->password);
    add(p, "dbname", sql->dbname);
    if (is_uri(server->name)) {
        add(p, "dbname", server->name);
    } else {
        add(p, "host", server->host);
        add(p, "port", server->port);
    }
}

static void *pgsql_connect(struct sql *sql, const struct sql_server *server,
                           struct error *why)
{
    const struct pgsql *p = (const struct pgsql *)sql;
    struct parameters parameters = { .count = 0 };

    set_parameters(sql, server, &parameters);
    PGconn *db = pgsql.PQconnectdbParams(parameters.names, parameters.values,
                                         is_uri(server->name));
    if (db == NULL || pgsql.PQstatus(db) != CONNECTION_OK)
        error_set(why, "connect to pgsql server %s: %s", server->name,
                  db == NULL ? "out of memory" : pgsql.PQerrorMessage(db));
    else if (pgsql.PQsetClientEncoding(db, p->encoding) != 0)
        error_set(why, "dict_pgsql: cannot set the encoding to %s, skipping %s",
                  p->encoding, server->name);
    else
        return db;
    pgsql.PQfinish(db);
    return NULL;
}

static bool quote(void *connection, const char *text, size_t length,
                  struct str *out)
{
    int failure = 0;

    str_reserve(out, length * 2 + 1);
    size_t added = pgsql.PQescapeStringConn(connection, out->data + out->length,
                                            text, length, &failure);
    if (failure != 0)
        return false;
    out->length += added;
    out->data[out->length] = 0;
    return true;
}

static void take_rows(const PGresult *result, struct template_values *values)
{
    int rows = pgsql.PQntuples(result);
    int columns = pgsql.PQnfields(result);

    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
            if (!pgsql.PQgetisnull(result, row, column))
                template_values_add(values,
                                    pgsql.PQgetvalue(result, row, column),
                                    pgsql.PQgetlength(result, row, column));
}

static bool pgsql_ask(struct sql *sql, const struct sql_server *server,
                      const struct str *query, struct template_values *values,
                      struct error *why)
{
    PGconn *db = server->connection;
    PGresult *result = pgsql.PQexec(db, query->data);
    ExecStatusType status =
        pgsql.PQresultStatus(result); /* NULL: FATAL_ERROR */
    bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;

    (void)sql;
    if (status == PGRES_TUPLES_OK)
        take_rows(result, values);
    else if (status == PGRES_FATAL_ERROR)
        error_set(why, "pgsql query failed: fatal error from host %s: %s",
                  server->name, pgsql.PQerrorMessage(db));
    else if (!good)
        error_set(why, "pgsql query failed: protocol error, host %s",
                  server->name);
    pgsql.PQclear(result);
    return good;
}

static const struct sql_backend backend = {
    .type = "pgsql",
    .local_first = true,
    .parse_server = parse_server,
    .connect = pgsql_connect,
    .disconnect = pgsql_disconnect,
    .quote = quote,
    .ask = pgsql_ask,
};

static const struct setting settings[] = {
    SQL_MAIN_SETTINGS,
    SQL_SERVER_SETTINGS,
    { "dbname", SETTING_TEXT, offsetof(struct sql, dbname), "", 0, 0 },
    { "encoding", SETTING_TEXT, offsetof(struct pgsql, encoding), "UTF8", 1,
      0 },
};

/* A URI may name the database itself. */
static bool has_database(const struct sql *sql)
{
    for (size_t i = 0; i < sql->count; i++)
        if (!is_uri(sql->items[i].name) && *sql->dbname == 0)
            return false;
    return true;
}

static void *pgsql_open(const char *name, const struct table_options *options,
                        struct error *why)
{
    if (!pgsql_load(why))
        return NULL;
    struct sql *sql =
        sql_open(&backend, sizeof(struct pgsql), name, options, settings,
                 sizeof(settings) / sizeof(settings[0]), "localhost", why);

    if (sql == NULL || has_database(sql))
        return sql;
    settings_missing(sql->settings, "dbname", why);
    sql_close(sql);
    return NULL;
}

const struct table_driver driver_pgsql = {
    .type = "pgsql",
    .can = TABLE_CAN_WAIT | TABLE_ASKS_SERVER | TABLE_HAS_SETTINGS,
    .open = pgsql_open,
    .get = sql_get,
    .instance_can = sql_can,
    .owner = sql_owner,
    .close = sql_close,
};
