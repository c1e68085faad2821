/* SPDX-License-Identifier: ISC
 *
 * driver_pgsql.c - pgsql:/file.cf, lookups in PostgreSQL.
 *
 * As with mysql: all waiting is done here, with a limit for the whole, and what
 * comes is counted: the library would take anything.
 */

#include <libpq-fe.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/library.h"
#include "base/text.h"
#include "config.h"
#include "pgsql_socket.h"
#include "sql.h"

#define PGSQL_FUNCTIONS(FUNCTION)                                            \
    FUNCTION(PQclear) FUNCTION(PQconnectPoll) FUNCTION(PQconnectStartParams) \
    FUNCTION(PQconsumeInput) FUNCTION(PQerrorMessage)                        \
    FUNCTION(PQescapeStringConn) FUNCTION(PQfinish) FUNCTION(PQflush)        \
    FUNCTION(PQgetisnull)                                                    \
    FUNCTION(PQgetlength) FUNCTION(PQgetResult) FUNCTION(PQgetvalue)         \
    FUNCTION(PQisBusy) FUNCTION(PQnfields) FUNCTION(PQntuples)               \
    FUNCTION(PQresultStatus) FUNCTION(PQsendQuery)                           \
    FUNCTION(PQsetnonblocking) FUNCTION(PQsetNoticeReceiver)                 \
    FUNCTION(PQsocket) FUNCTION(PQstatus)
LIBRARY(pgsql, LIBRARY_PGSQL, PGSQL_FUNCTIONS)

/* For each address: until it takes the connection. */
#define CONNECT_TIMEOUT_MS "10000"
enum {
    LOGIN_LIMIT_S = 30, /* with all addresses, TLS and the password */
    QUERY_LIMIT_S = 100,
};

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

/* Later ones win: what a URI says is more than what other settings say. But of
 * databases, only the first may be a URI. */
static void set_parameters(const struct sql *sql,
                           const struct sql_server *server,
                           struct parameters *p)
{
    add(p, "tcp_user_timeout", CONNECT_TIMEOUT_MS);
    add(p, "user", sql->user);
    add(p, "password", sql->password);
    if (is_uri(server->name)) {
        add(p, "dbname", server->name);
        return;
    }
    add(p, "dbname", sql->dbname);
    add(p, "host", server->host);
    add(p, "port", server->port);
}

/* ---- Limits ---- */

struct connection {
    PGconn *db; /* owned */
    struct pgsql_socket socket;
};

/* A login or a query on its way. */
struct question {
    struct connection *c;
    deadline_t until;
    uint64_t bytes_before; /* it began */
};

/* The library would take anything, as long as it comes. */
static bool is_within_limits(const struct question *q, struct error *why)
{
    if (deadline_left_ms(q->until) == 0)
        return error_set(why, "timeout expired");
    return q->c->socket.passed - q->bytes_before <= SQL_MAX_ANSWER ||
           error_set(why, "an answer of more than %d bytes", SQL_MAX_ANSWER);
}

static bool wait_for(const struct question *q, short events)
{
    return pgsql_socket_wait(&q->c->socket, pgsql.PQsocket(q->c->db), events,
                             q->until);
}

/* ---- Connections ---- */

static void pgsql_disconnect(void *connection)
{
    struct connection *c = connection;

    pgsql.PQfinish(c->db);
    pgsql_socket_close(&c->socket);
    free(c);
}

/* What it says would go to standard error. */
static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/* Without a pause in what a server sends, the library's own function would
 * wait for the rest forever. */
static bool log_in(struct connection *c, struct error *why)
{
    const struct question q = { .c = c, .until = deadline_in_s(LOGIN_LIMIT_S) };
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;

    if (pgsql.PQstatus(c->db) == CONNECTION_BAD)
        return error_set(why, "%s",
                         c->db == NULL ? "out of memory"
                                       : pgsql.PQerrorMessage(c->db));
    pgsql.PQsetNoticeReceiver(c->db, ignore_notice, NULL);
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        if (!is_within_limits(&q, why))
            return false;
        if (!wait_for(&q, next == PGRES_POLLING_READING ? POLLIN : POLLOUT))
            continue;
        next = pgsql.PQconnectPoll(c->db);
        if (!pgsql_socket_follow(&c->socket, pgsql.PQsocket(c->db),
                                 next == PGRES_POLLING_READING))
            return error_set(why, "out of sockets");
    }
    return (next == PGRES_POLLING_OK &&
            pgsql.PQsetnonblocking(c->db, true) == 0) ||
           error_set(why, "%s", pgsql.PQerrorMessage(c->db));
}

/* ---- Queries ---- */

static bool quote(void *connection, const char *text, size_t length,
                  struct str *out)
{
    const struct connection *c = connection;
    int failure = 0;

    str_reserve(out, length * 2 + 1);
    size_t added = pgsql.PQescapeStringConn(c->db, out->data + out->length,
                                            text, length, &failure);
    if (failure != 0)
        return false;
    out->length += added;
    out->data[out->length] = 0;
    return true;
}

/* Where a server that has died without a word, or hangs, would keep the library
 * waiting for hours. This may run outside of a fiber, so it waits by itself. */
static bool wait_for_result(const struct question *q, struct error *why)
{
    PGconn *db = q->c->db;

    while (is_within_limits(q, why)) {
        int unsent = pgsql.PQflush(db);
        if (unsent <= 0 && !pgsql.PQisBusy(db))
            return true;
        if (!wait_for(q, unsent > 0 ? POLLIN | POLLOUT : POLLIN))
            continue;
        if (pgsql.PQconsumeInput(db) == 0)
            return true; /* the result says what it was */
    }
    return false;
}

/* More results would come only after data has been copied. */
static bool is_copy(ExecStatusType status)
{
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT ||
           status == PGRES_COPY_BOTH;
}

/* The last result, or NULL: the query could not be sent, or the answer was too
 * long, in time or bytes. To be cleared. */
static PGresult *run_query(struct connection *c, const char *query,
                           struct error *why)
{
    const struct question q = { .c = c,
                                .until = deadline_in_s(QUERY_LIMIT_S),
                                .bytes_before = c->socket.passed };
    PGconn *db = c->db;
    PGresult *last = NULL, *next;

    if (pgsql.PQsendQuery(db, query) == 0) {
        error_set(why, "%s", pgsql.PQerrorMessage(db));
        return NULL;
    }
    for (;;) {
        if (!wait_for_result(&q, why)) {
            pgsql.PQclear(last);
            return NULL;
        }
        next = pgsql.PQgetResult(db);
        if (next == NULL)
            return last;
        pgsql.PQclear(last);
        last = next;
        if (is_copy(pgsql.PQresultStatus(last)) ||
            pgsql.PQstatus(db) != CONNECTION_OK)
            return last;
    }
}

static bool set_encoding(struct connection *c, const char *encoding)
{
    struct str query = STR_EMPTY;
    struct error why = ERROR_NONE;

    str_set(&query, "set client_encoding to '");
    bool good = quote(c, encoding, strlen(encoding), &query);
    str_add(&query, "'");
    PGresult *result = good ? run_query(c, query.data, &why) : NULL;
    good = pgsql.PQresultStatus(result) == PGRES_COMMAND_OK;
    pgsql.PQclear(result);
    str_fini(&query);
    return good;
}

static void *pgsql_connect(struct sql *sql, const struct sql_server *server,
                           struct error *why)
{
    const struct pgsql *p = (const struct pgsql *)sql;
    struct parameters parameters = { .count = 0 };
    struct error trouble = ERROR_NONE;

    set_parameters(sql, server, &parameters);
    struct connection *c = mem_alloc(sizeof(*c));
    *c = (struct connection){
        .db = pgsql.PQconnectStartParams(parameters.names, parameters.values,
                                         is_uri(server->name)),
        .socket = PGSQL_SOCKET_NONE,
    };
    if (!log_in(c, &trouble))
        error_set(why, "connect to pgsql server %s: %s", server->name,
                  trouble.text);
    else if (!set_encoding(c, p->encoding))
        error_set(why, "dict_pgsql: cannot set the encoding to %s, skipping %s",
                  p->encoding, server->name);
    else
        return c;
    pgsql_disconnect(c);
    return NULL;
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
    struct connection *c = server->connection;
    struct error trouble = ERROR_NONE;
    PGresult *result = run_query(c, query->data, &trouble);
    ExecStatusType status =
        pgsql.PQresultStatus(result); /* NULL: FATAL_ERROR */
    bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;

    (void)sql;
    if (status == PGRES_TUPLES_OK)
        take_rows(result, values);
    else if (status == PGRES_FATAL_ERROR)
        error_set(why, "pgsql query failed: fatal error from host %s: %s",
                  server->name,
                  result == NULL ? trouble.text : pgsql.PQerrorMessage(c->db));
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
