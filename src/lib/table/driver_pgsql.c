/* SPDX-License-Identifier: ISC
 *
 * driver_pgsql.c - pgsql:/file.cf, lookups in PostgreSQL.
 */

#include <libpq-fe.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/library.h"
#include "base/text.h"
#include "config.h"
#include "sql.h"

#define PGSQL_FUNCTIONS(FUNCTION)                                            \
    FUNCTION(PQclear) FUNCTION(PQconnectPoll) FUNCTION(PQconnectStartParams) \
    FUNCTION(PQconsumeInput) FUNCTION(PQerrorMessage)                        \
    FUNCTION(PQescapeStringConn) FUNCTION(PQfinish) FUNCTION(PQgetisnull)    \
    FUNCTION(PQgetlength) FUNCTION(PQgetResult) FUNCTION(PQgetvalue)         \
    FUNCTION(PQisBusy) FUNCTION(PQnfields) FUNCTION(PQntuples)               \
    FUNCTION(PQresultStatus) FUNCTION(PQsendQuery)                           \
    FUNCTION(PQsetNoticeReceiver) FUNCTION(PQsocket) FUNCTION(PQstatus)
LIBRARY(pgsql, LIBRARY_PGSQL, PGSQL_FUNCTIONS)

/* For each address: until it takes the connection. */
#define CONNECT_TIMEOUT_MS "10000"
enum {
    LOGIN_LIMIT_S = 30, /* with all addresses, TLS and the password */
    IO_TIMEOUT_S = 100, /* of one query */
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
    add(p, "tcp_user_timeout", CONNECT_TIMEOUT_MS);
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

/* What it says would go to standard error. */
static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/* Without a pause in what a server sends, the library's own function would
 * wait for the rest forever. */
static PGconn *log_in(const struct parameters *p, bool has_uri)
{
    deadline_t until = deadline_in_s(LOGIN_LIMIT_S);
    PGconn *db = pgsql.PQconnectStartParams(p->names, p->values, has_uri);
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;

    if (db == NULL || pgsql.PQstatus(db) == CONNECTION_BAD)
        return db;
    pgsql.PQsetNoticeReceiver(db, ignore_notice, NULL);
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        int left_ms = deadline_left_ms(until);
        struct pollfd socket = {
            .fd = pgsql.PQsocket(db),
            .events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT,
        };
        if (left_ms == 0)
            break;
        if (poll(&socket, 1, left_ms) > 0)
            next = pgsql.PQconnectPoll(db);
    }
    return db;
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

/* A query on its way. */
struct question {
    PGconn *db;
    deadline_t until;
    uint64_t bytes_before; /* it was sent */
};

/* What has come through this connection. 0 for a UNIX-domain socket, which
 * does not count; then time is the only limit. */
static uint64_t received_bytes(PGconn *db)
{
    struct tcp_info info = { .tcpi_bytes_received = 0 };
    socklen_t size = sizeof(info);

    getsockopt(pgsql.PQsocket(db), IPPROTO_TCP, TCP_INFO, &info, &size);
    return info.tcpi_bytes_received;
}

/* The library would take anything, as long as it comes. */
static bool is_within_limits(const struct question *q, struct error *why)
{
    if (deadline_left_ms(q->until) == 0)
        return error_set(why, "no answer in %d seconds", IO_TIMEOUT_S);
    return received_bytes(q->db) - q->bytes_before <= SQL_MAX_ANSWER ||
           error_set(why, "an answer of more than %d bytes", SQL_MAX_ANSWER);
}

/* Where a server that has died without a word, or hangs, would keep the library
 * waiting for hours. This may run outside of a fiber, so it waits by itself. */
static bool wait_for_result(const struct question *q, struct error *why)
{
    while (is_within_limits(q, why)) {
        struct pollfd socket = { .fd = pgsql.PQsocket(q->db),
                                 .events = POLLIN };
        if (!pgsql.PQisBusy(q->db))
            return true;
        if (poll(&socket, 1, deadline_left_ms(q->until)) <= 0)
            continue;
        if (pgsql.PQconsumeInput(q->db) == 0)
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
static PGresult *run_query(PGconn *db, const char *query, struct error *why)
{
    const struct question q = { .db = db,
                                .until = deadline_in_s(IO_TIMEOUT_S),
                                .bytes_before = received_bytes(db) };
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

static bool set_encoding(PGconn *db, const char *encoding)
{
    struct str query = STR_EMPTY;
    struct error why = ERROR_NONE;

    str_set(&query, "set client_encoding to '");
    bool good = quote(db, encoding, strlen(encoding), &query);
    str_add(&query, "'");
    PGresult *result = good ? run_query(db, query.data, &why) : NULL;
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

    set_parameters(sql, server, &parameters);
    PGconn *db = log_in(&parameters, is_uri(server->name));
    ConnStatusType status = pgsql.PQstatus(db); /* NULL: CONNECTION_BAD */
    if (status == CONNECTION_BAD)
        error_set(why, "connect to pgsql server %s: %s", server->name,
                  db == NULL ? "out of memory" : pgsql.PQerrorMessage(db));
    else if (status != CONNECTION_OK)
        error_set(why, "connect to pgsql server %s: timeout expired",
                  server->name);
    else if (!set_encoding(db, p->encoding))
        error_set(why, "dict_pgsql: cannot set the encoding to %s, skipping %s",
                  p->encoding, server->name);
    else
        return db;
    pgsql.PQfinish(db);
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
    PGconn *db = server->connection;
    struct error trouble = ERROR_NONE;
    PGresult *result = run_query(db, query->data, &trouble);
    ExecStatusType status =
        pgsql.PQresultStatus(result); /* NULL: FATAL_ERROR */
    bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;

    (void)sql;
    if (status == PGRES_TUPLES_OK)
        take_rows(result, values);
    else if (status == PGRES_FATAL_ERROR)
        error_set(why, "pgsql query failed: fatal error from host %s: %s",
                  server->name,
                  result == NULL ? trouble.text : pgsql.PQerrorMessage(db));
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
