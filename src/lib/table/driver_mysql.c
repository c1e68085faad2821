/* SPDX-License-Identifier: ISC
 *
 * driver_mysql.c - mysql:/file.cf, lookups in MySQL and MariaDB.
 *
 * The library counts its time from byte to byte: a server that sends one now
 * and then would hold a lookup forever. So it is asked without blocking, and
 * the waiting is done here, with a limit for the whole. And it takes whatever
 * comes without a pause: what it reads is counted, and the connection cut when
 * that is too much, or goes on for too long.
 */

#include <errno.h>
#include <mysql.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/library.h"
#include "config.h"
#include "base/sock.h"
#include "sql.h"

#define MYSQL_FUNCTIONS(FUNCTION)                                            \
    FUNCTION(mysql_close)                                                    \
    FUNCTION(mysql_errno) FUNCTION(mysql_error)                              \
    FUNCTION(mysql_fetch_lengths) FUNCTION(mysql_fetch_row)                  \
    FUNCTION(mysql_free_result) FUNCTION(mysql_get_socket)                   \
    FUNCTION(mysql_get_timeout_value_ms) FUNCTION(mysql_init)                \
    FUNCTION(mysql_library_init)                                             \
    FUNCTION(mysql_next_result_start) FUNCTION(mysql_next_result_cont)       \
    FUNCTION(mysql_num_fields) FUNCTION(mysql_options)                       \
    FUNCTION(mysql_real_connect_start) FUNCTION(mysql_real_connect_cont)     \
    FUNCTION(mysql_real_escape_string)                                       \
    FUNCTION(mysql_real_query_start) FUNCTION(mysql_real_query_cont)         \
    FUNCTION(mysql_ssl_set)                                                  \
    FUNCTION(mysql_store_result_start) FUNCTION(mysql_store_result_cont)
LIBRARY(mysql, LIBRARY_MYSQL, MYSQL_FUNCTIONS)

/* Calls a function after each read (mode 0) and write. No header has it, but
 * all releases of the library do that can be asked without blocking; without
 * it there is no limit. */
int ma_pvio_register_callback(my_bool add,
                              void (*callback)(int mode, MYSQL *db,
                                               const unsigned char *data,
                                               size_t length));
#define READ_FUNCTIONS(FUNCTION) FUNCTION(ma_pvio_register_callback)
LIBRARY(mysql_reads, LIBRARY_MYSQL, READ_FUNCTIONS)

enum {
    CONNECT_TIMEOUT_S = 10, /* for each address */
    LOGIN_LIMIT_S = 30,     /* with all addresses, TLS and the password */
    QUERY_LIMIT_S = 100,
};
/* What the library runs on, the system's resolver and TLS included. */
static const size_t stack_bytes = (size_t)512 << 10;

struct mysql_table {
    struct sql sql; /* first */
    const char *charset, *option_file, *option_group;
    bool require_result_set, verify;
    const char *key_file, *cert_file, *ca_file, *ca_path, *ciphers;
};

static bool parse_server(struct arena *arena, struct sql_server *server,
                         struct error *why)
{
    int port;

    return sql_parse_server(arena, server, why) &&
           (server->port == NULL || sock_port(server->port, "tcp", &port) ||
            error_set(why, "bad port in server name \"%s\"", server->name));
}

static void mysql_disconnect(void *connection)
{
    mysql.mysql_close(connection);
}

/* ---- Limits ---- */

/* Of what this thread asks; it does nothing else before that is done. */
static _Thread_local struct {
    const MYSQL *db;
    size_t bytes; /* that may still come */
    deadline_t until;
} allowed;

static bool is_exhausted(void)
{
    return allowed.bytes == 0 || clock_now() >= allowed.until;
}

static void count_read(int mode, MYSQL *db, const unsigned char *data,
                       size_t length)
{
    (void)data;
    if (mode != 0 || db != allowed.db || length == (size_t)-1)
        return;
    allowed.bytes -= length < allowed.bytes ? length : allowed.bytes;
    if (is_exhausted())
        shutdown(mysql.mysql_get_socket(db), SHUT_RDWR);
}

/* From now on; returns when the time is over. */
static deadline_t allow(const MYSQL *db, int seconds)
{
    allowed.db = db;
    allowed.bytes = SQL_MAX_ANSWER;
    allowed.until = deadline_in_s(seconds);
    return allowed.until;
}

static const char *reason_of(MYSQL *db)
{
    return allowed.bytes == 0 ? "too long an answer" : mysql.mysql_error(db);
}

/* ---- Waiting ---- */

/* Wait for what the library waits for; returns what of it has come. */
static int wait_for(MYSQL *db, int wanted, deadline_t until)
{
    struct pollfd socket = { .fd = mysql.mysql_get_socket(db) };
    int got = 0;

    if ((wanted & MYSQL_WAIT_TIMEOUT) != 0) {
        deadline_t own = deadline_in_ms(mysql.mysql_get_timeout_value_ms(db));
        until = own < until ? own : until;
    }
    if ((wanted & MYSQL_WAIT_READ) != 0)
        socket.events |= POLLIN;
    if ((wanted & MYSQL_WAIT_WRITE) != 0)
        socket.events |= POLLOUT;
    if ((wanted & MYSQL_WAIT_EXCEPT) != 0)
        socket.events |= POLLPRI;
    do {
        int left_ms = deadline_left_ms(until);
        if (left_ms == 0) {
            errno = ETIMEDOUT; /* which the library quotes */
            return MYSQL_WAIT_TIMEOUT;
        }
        got = poll(&socket, 1, left_ms);
    } while (got == 0 || (got < 0 && errno == EINTR));
    /* Trouble shows when it is read or written. */
    return wanted & ~MYSQL_WAIT_TIMEOUT;
}

/* Run mysql.<function>_start(result, ...) to its end, or until it fails as the
 * time is over. */
#define RUN(function, db, until, result, ...)                              \
    for (int waits = mysql.function##_start(result, __VA_ARGS__);          \
         waits != 0; waits = mysql.function##_cont(result, db, waits))     \
        waits = wait_for(db, waits, until)

/* ---- Connections ---- */

static bool set_options(MYSQL *db, const struct mysql_table *t)
{
    unsigned connect_timeout = CONNECT_TIMEOUT_S;
    unsigned io_timeout = QUERY_LIMIT_S;
    my_bool verify = t->verify;

    if (mysql.mysql_options(db, MYSQL_OPT_NONBLOCK, &stack_bytes) != 0)
        return false;
    mysql.mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
    mysql.mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &io_timeout);
    mysql.mysql_options(db, MYSQL_OPT_WRITE_TIMEOUT, &io_timeout);
    if (t->option_file != NULL && *t->option_file != 0)
        mysql.mysql_options(db, MYSQL_READ_DEFAULT_FILE, t->option_file);
    if (*t->option_group != 0)
        mysql.mysql_options(db, MYSQL_READ_DEFAULT_GROUP, t->option_group);
    mysql.mysql_options(db, MYSQL_SET_CHARSET_NAME, t->charset);
    if (t->key_file != NULL || t->cert_file != NULL || t->ca_file != NULL ||
        t->ca_path != NULL || t->ciphers != NULL)
        mysql.mysql_ssl_set(db, t->key_file, t->cert_file, t->ca_file,
                            t->ca_path, t->ciphers);
    /* Without this, a server that has no TLS would be taken. */
    if (t->verify)
        mysql.mysql_options(db, MYSQL_OPT_SSL_ENFORCE, &verify);
    /* When nothing is said, the library knows best. */
    if (settings_get(t->sql.settings, "tls_verify_cert") != NULL)
        mysql.mysql_options(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    return true;
}

static const char *or_null(const char *text)
{
    return *text != 0 ? text : NULL;
}

static void *mysql_connect_to(struct sql *sql, const struct sql_server *server,
                              struct error *why)
{
    const struct mysql_table *t = (const struct mysql_table *)sql;
    MYSQL *db = mysql.mysql_init(NULL);
    MYSQL *connected = NULL;
    int port = 0;

    if (db == NULL || !set_options(db, t)) {
        error_set(why, "dict_mysql: insufficient memory");
        mysql.mysql_close(db);
        return NULL;
    }
    if (server->port != NULL)
        sock_port(server->port, "tcp", &port);
    deadline_t until = allow(db, LOGIN_LIMIT_S);
    RUN(mysql_real_connect, db, until, &connected, db,
        server->is_local ? NULL : server->host, or_null(sql->user),
        or_null(sql->password), sql->dbname, (unsigned)port,
        server->is_local ? server->host : NULL, CLIENT_MULTI_RESULTS);
    if (connected != NULL)
        return db;
    error_set(why, "connect to mysql server %s: %s", server->name,
              reason_of(db));
    mysql.mysql_close(db);
    return NULL;
}

/* ---- Queries ---- */

static bool quote(void *connection, const char *text, size_t length,
                  struct str *out)
{
    str_reserve(out, length * 2 + 1);
    unsigned long added = mysql.mysql_real_escape_string(
        connection, out->data + out->length, text, length);
    if (added == (unsigned long)-1)
        return false;
    out->length += added;
    out->data[out->length] = 0;
    return true;
}

static void take_rows(MYSQL_RES *result, struct template_values *values)
{
    unsigned columns = mysql.mysql_num_fields(result);

    for (MYSQL_ROW row; (row = mysql.mysql_fetch_row(result)) != NULL;) {
        unsigned long *lengths = mysql.mysql_fetch_lengths(result);
        for (unsigned i = 0; i < columns; i++)
            if (row[i] != NULL)
                template_values_add(values, row[i], lengths[i]);
    }
}

/* A query on its way. */
struct question {
    const struct sql *sql;
    MYSQL *db;
    deadline_t until;
};

static bool fail(const struct question *q, const char *what, struct error *why)
{
    return error_set(why, "%s: query failed%s: %s", q->sql->table, what,
                     reason_of(q->db));
}

/* A stored procedure gives several results, of which one may have data. */
static bool take_results(const struct question *q,
                         struct template_values *values, bool *has_data,
                         struct error *why)
{
    int more = -1;

    do {
        MYSQL_RES *result = NULL;
        RUN(mysql_store_result, q->db, q->until, &result, q->db);
        if (result == NULL && mysql.mysql_errno(q->db) != 0)
            return fail(q, " (mysql_store_result)", why);
        if (result != NULL && *has_data) {
            mysql.mysql_free_result(result);
            return error_set(why,
                             "%s: query failed: multiple result sets "
                             "returning data are not supported",
                             q->sql->table);
        }
        if (result != NULL) {
            *has_data = true;
            take_rows(result, values);
            mysql.mysql_free_result(result);
        }
        RUN(mysql_next_result, q->db, q->until, &more, q->db);
    } while (more == 0);
    return more < 0 || fail(q, " (mysql_next_result)", why);
}

static bool mysql_ask(struct sql *sql, const struct sql_server *server,
                      const struct str *query, struct template_values *values,
                      struct error *why)
{
    const struct mysql_table *t = (const struct mysql_table *)sql;
    const struct question q = { .sql = sql,
                                .db = server->connection,
                                .until = allow(server->connection,
                                               QUERY_LIMIT_S) };
    bool has_data = false;
    int failure = 0;

    RUN(mysql_real_query, q.db, q.until, &failure, q.db, query->data,
        query->length);
    if (failure != 0)
        return fail(&q, "", why);
    if (!take_results(&q, values, &has_data, why))
        return false;
    if (!has_data && t->require_result_set)
        return error_set(why,
                         "%s: query failed: query returned no result set "
                         "(require_result_set = yes)",
                         sql->table);
    return true;
}

static const struct sql_backend backend = {
    .type = "mysql",
    .local_first = true,
    .parse_server = parse_server,
    .connect = mysql_connect_to,
    .disconnect = mysql_disconnect,
    .quote = quote,
    .ask = mysql_ask,
};

#define TEXT(name, member, fallback, min)                                 \
    { name, SETTING_TEXT, offsetof(struct mysql_table, member), fallback, \
      min, 0 }
#define BOOL(name, member, fallback)                                      \
    { name, SETTING_BOOL, offsetof(struct mysql_table, member), fallback, \
      0, 0 }

static const struct setting settings[] = {
    SQL_MAIN_SETTINGS,
    SQL_SERVER_SETTINGS,
    TEXT("dbname", sql.dbname, "", 1),
    TEXT("charset", charset, "utf8mb4", 1),
    TEXT("option_file", option_file, NULL, 0),
    TEXT("option_group", option_group, "client", 0),
    BOOL("require_result_set", require_result_set, "yes"),
    TEXT("tls_key_file", key_file, NULL, 0),
    TEXT("tls_cert_file", cert_file, NULL, 0),
    TEXT("tls_CAfile", ca_file, NULL, 0),
    TEXT("tls_CApath", ca_path, NULL, 0),
    TEXT("tls_ciphers", ciphers, NULL, 0),
    BOOL("tls_verify_cert", verify, "no"),
};

static bool start_library(struct error *why)
{
    static bool is_started;
    struct error ignored = ERROR_NONE;

    if (is_started)
        return true;
    if (!mysql_load(why))
        return false;
    mysql.mysql_library_init(0, NULL, NULL);
    if (mysql_reads_load(&ignored))
        mysql_reads.ma_pvio_register_callback(true, count_read);
    return is_started = true;
}

static void *mysql_open(const char *name, const struct table_options *options,
                        struct error *why)
{
    if (!start_library(why))
        return NULL;
    return sql_open(&backend, sizeof(struct mysql_table), name, options,
                    settings, sizeof(settings) / sizeof(settings[0]),
                    "localhost", why);
}

const struct table_driver driver_mysql = {
    .type = "mysql",
    .can = TABLE_CAN_WAIT | TABLE_ASKS_SERVER | TABLE_HAS_SETTINGS,
    .open = mysql_open,
    .get = sql_get,
    .instance_can = sql_can,
    .owner = sql_owner,
    .close = sql_close,
};
